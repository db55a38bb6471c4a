"""Names that climb out of a directory, and names that are markup."""

import json
import warnings
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

from evsys_conformance.certificate import Certificate
from evsys_conformance.certificate.html import page
from evsys_sdk import LogStoreConfigError, open_log_store
from evsys_sdk.log_stores._tensorboard.texts import json_block
from support.certified import certified
from support.inner_stores import MemoryStore
from torture.case import Trial, case
from torture.stores import STORES, logs, open_store

__all__ = ["climbing_files", "climbing_names", "markup_in_pages", "markup_in_texts"]

_CLIMBING = [
    "../x",
    "..",
    ".",
    "/etc/x",
    "a/b",
    "./x",
    "a/../../x",
    "x\0",
    "../" * 50 + "tmp/x",
    "",
]


@case("File names that climb out of log_dir", "jsonl")
def climbing_files(trial: Trial) -> None:
    """Refused before anything is created."""
    config = trial.directory / "run.yaml"
    for parameter in ("metrics_file", "hyperparams_file", "artifacts_file"):
        for name in _CLIMBING:
            params = {"log_dir": str(trial.directory / "log"), parameter: name}
            config.write_text(json.dumps({"log_store": {"kind": "jsonl", "params": params}}))
            trial.refused(lambda: _open(config), LogStoreConfigError, parameter)
    trial.expect([*trial.directory.iterdir()] == [config], "something was created")
    trial.did(f"{len(_CLIMBING)} names for each of three files, by YAML")


def _open(config: Path) -> None:
    with open_log_store(config):
        pass


@case("Artifacts whose names and paths climb out of log_dir", *STORES)
def climbing_names(trial: Trial) -> None:
    """Recorded as they are, and nothing outside is touched."""
    place = trial.directory / "inner" / "log"
    store = open_store(trial.store, place)
    texts = [text for text in _CLIMBING if text]
    for text in texts:
        store.log_artifact(text, text, kind=text)
        store.log_metrics({text: 1.0}, 0, split=text)
        store.log_hyperparams({text: text})
    store.close()
    for label, log in logs(trial.store, place):
        found = [(each.name, each.path, each.kind) for each in log.artifacts]
        trial.expect(found == [(text,) * 3 for text in texts], f"{label}: {found}")
        trial.count("artifacts", len(texts), len(found))
        trial.count("rows", len(texts), len(log.metrics))
    outside = {*trial.directory.iterdir(), *(trial.directory / "inner").iterdir()}
    trial.expect(outside == {place.parent, place}, f"outside there is {outside}")
    trial.did(f"{len(texts)} names in every argument")


_MARKUP = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</pre>", "</code>", "</td>"),
    *(
        "<",
        ">",
        "&",
        '"',
        "'",
        "&lt;",
        "&#60;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<style>",
        "</title>",
    ),
    *(
        "```",
        "~~~",
        "\n",
        "\r\n",
        "    ",
        "# ",
        "| a | b |\n|---|---|\n",
        "![x](http://x.test/x.png)",
    ),
    *("[x](javascript:alert(1))", "{{", "${x}", "\\", "\u2028", "\u202e", "\x02", "*", "_", "`"),
]


class _Structure(HTMLParser):
    """The elements of a page with the names of their attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", ()))


def _names(trial: Trial, count: int) -> list[str]:
    pieces = trial.chance.choices
    return ["".join(pieces(_MARKUP, k=trial.chance.randrange(1, 7))) for _ in range(count)]


@case("Markup in names, in TensorBoard's Text tab", "tensorboard")
def markup_in_texts(trial: Trial) -> None:
    """TensorBoard renders it, as Markdown and as plain text: the elements stay the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        to_html = import_module("tensorboard.plugins.text.text_plugin").text_array_to_html
    numpy = import_module("numpy")

    def elements(name: str, markdown: bool) -> list[tuple[str, tuple[str, ...]]]:
        text = json_block({"name": name, name: [name]}).encode()
        return _Structure(to_html(numpy.array([text], dtype=object), markdown)).elements

    plain = {markdown: elements("name", markdown) for markdown in (True, False)}
    names = _names(trial, trial.times(full=2_000, short=300))
    for name in names:
        for markdown, expected in plain.items():
            found = elements(name, markdown)
            trial.expect(found == expected, f"{name!r} becomes {found}")
    trial.did(f"{len(names):,} names, each rendered both ways")


@case("Markup in names, in the HTML of a certificate", "certificate")
def markup_in_pages(trial: Trial) -> None:
    """The elements of the page stay the same."""
    expected = _Structure(page(_certificate("name"))).elements
    names = _names(trial, trial.times(full=500, short=100))
    for name in names:
        found = _Structure(page(_certificate(name))).elements
        trial.expect(found == expected, f"{name!r} changes the elements of the page")
    trial.did(f"{len(names):,} names, each in every place that an author fills")


def _certificate(name: str) -> Certificate:
    return certified(
        {"CL-4": "failed", "MET-1": "failed"},
        store=type("Store", (MemoryStore,), {"name": name, "__qualname__": name}),
        target=name,
        expected_failures={"CL-4": name},
        trouble=(name,),
        message=name,
    )
