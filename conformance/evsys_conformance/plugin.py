"""The pytest entry point of the kit: its options, and nothing else.

pytest imports this module in every session, so it imports nothing itself; what certifies a store
is loaded when a session asks for it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


_ENTRY_POINT = "evsys_conformance"


def pytest_addoption(parser: "pytest.Parser", pluginmanager: "pytest.PytestPluginManager") -> None:
    """Declare the options."""
    if not pluginmanager.hasplugin(_ENTRY_POINT):
        # Named by its module, -p evsys_conformance.plugin: the entry point, which pytest loads
        # next, would register the same module again, and that is an error.
        pluginmanager.set_blocked(_ENTRY_POINT)
    group = parser.getgroup("evsys", "conformance of log stores (evsys_conformance)")
    group.addoption(
        "--evsys-conformance",
        action="append",
        default=[],
        metavar="TARGET",
        help="certify a log store: package.module:Store, package.module:Harness, a registered "
        "kind, or `all` for every kind installed; repeatable. Without paths on the command line "
        "only the kit runs",
    )
    group.addoption(
        "--evsys-params",
        metavar="JSON",
        help="constructor parameters of a store that is named without a harness; {dir} in a "
        "string stands for a fresh directory",
    )
    group.addoption(
        "--evsys-clause",
        action="append",
        default=[],
        metavar="ID",
        help="run only this clause of the contract, as MET-4; repeatable. A part of the clauses "
        "certifies nothing",
    )
    group.addoption(
        "--evsys-report",
        action="append",
        default=[],
        metavar="PATH",
        help="write the certificate: .json, a page as .html, or a badge as .svg; repeatable",
    )
    group.addoption(
        "--evsys-effort",
        choices=["quick", "normal", "deep"],
        default="normal",
        help="how hard to look (default: normal)",
    )
    group.addoption(
        "--evsys-explain",
        metavar="SECONDS",
        help="how long the kit may look for the causes of failed checks, for each store "
        "(default: 20 at quick effort, 30 at normal, 120 at deep)",
    )
    parser.addini(
        "evsys_conformance",
        "targets of --evsys-conformance, certified beside the project's own tests whenever no "
        "paths are named on the command line",
        type="args",
        default=[],
    )


def pytest_configure(config: "pytest.Config") -> None:
    """Load the rest of the kit, if this session wants it."""
    option = config.option
    if (
        option.evsys_conformance
        or option.evsys_params
        or option.evsys_clause
        or option.evsys_report
        or config.getini("evsys_conformance")
    ):
        from evsys_conformance.pytest_session.session import join

        join(config)
