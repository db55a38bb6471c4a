"""Checks of artifacts: ART-1 and ART-2."""

import os
import sys
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import awkward, strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import check


@check("ART-1", lambda _: {"drawn": st.lists(strategies.artifact_calls(), min_size=1, max_size=8)})
def artifacts_come_back_as_given(trial: Trial, drawn: list[Call]) -> None:
    """Name, path and kind, in the order of the calls."""
    trial.log_calls(drawn)
    trial.expect(drawn)


@check("ART-1")
def the_same_name_again_is_one_more_entry(trial: Trial) -> None:
    """Also the same call again, to the letter; and paths that a library might tidy up."""
    made = [calls.artifact(name, "a.pt") for name in ["b", "a", "b", "b", "c", "a"]]
    made += [calls.artifact("b", "other.pt", "checkpoint"), calls.artifact("b", "a.pt", "file")]
    made += [calls.artifact("model", path) for path in (*awkward.PLAIN_PATHS, "A", "a")]
    for text in (*awkward.PLAIN_KEYS, "k" * 250, "k" * 4095 + "a", "k" * 4095 + "b"):
        made.append(calls.artifact(text, text, text))
    trial.log_calls(made)
    trial.expect(made)


@check("ART-1", lambda _: {"texts": st.lists(strategies.other_texts(), min_size=1, max_size=4)})
def other_texts_come_back_or_are_refused(trial: Trial, texts: list[str]) -> None:
    """Any text at all, in each of the three places."""
    _kept_or_refused(trial, texts)


@check("ART-1")
def awkward_texts_come_back_or_are_refused(trial: Trial) -> None:
    """Unicode in two normal forms, quotes, newlines, NUL; paths of existing directories."""
    near = [str(trial.directory / "model.pt"), os.path.join(os.getcwd(), "model.pt")]
    short = [text for text in awkward.OTHER_TEXTS if len(text) < 1000]
    _kept_or_refused(trial, [*near, *short])


def _kept_or_refused(trial: Trial, texts: list[str]) -> None:
    store = trial.open()
    taken: list[Call] = []
    for text in texts:
        made = (
            calls.artifact(text, "a.pt"),
            calls.artifact("model", text),
            calls.artifact("model", "a.pt", text),
        )
        taken += [call for call in made if store.taken_or_refused(call)]
    last = calls.artifact("last", "a.pt")
    store.call(last)
    store.close()
    trial.expect([*taken, last])


class _PathWatch:
    """Sees files that this process opens or changes, by Python's audit events."""

    EVENTS = frozenset(
        {
            "open",
            "os.chmod",
            "os.link",
            "os.listdir",
            "os.remove",
            "os.rename",
            "os.rmdir",
            "os.scandir",
            "os.symlink",
            "os.truncate",
            "os.utime",
            "shutil.copyfile",
            "shutil.copymode",
            "shutil.copytree",
            "shutil.move",
            "shutil.rmtree",
        }
    )

    def __init__(self) -> None:
        self.paths: frozenset[str] = frozenset()
        self.seen: list[str] = []
        self.installed = False

    def start(self, *paths: Path) -> None:
        """Watch these paths, and no longer any others."""
        if not self.installed:  # An audit hook stays for the life of the process.
            sys.addaudithook(self._hook)
            self.installed = True
        self.seen = []
        self.paths = frozenset(map(str, paths))

    def stop(self) -> list[str]:
        """Stop watching; give what was seen."""
        self.paths = frozenset()
        return self.seen

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.paths or event not in self.EVENTS:
            return
        for argument in arguments[:2]:
            if isinstance(argument, str | os.PathLike) and os.fspath(argument) in self.paths:
                self.seen.append(f"{event}({os.fspath(argument)!r})")


_WATCH = _PathWatch()


@check("ART-2", observes=False)
def artifacts_are_left_alone(trial: Trial) -> None:
    """Files and directories that exist are neither opened nor changed."""
    lying = trial.bench.fresh_directory()
    file, directory, link = lying / "model.pt", lying / "checkpoint", lying / "latest"
    file.write_bytes(b"weights")
    directory.mkdir()
    (directory / "part").write_bytes(b"part")
    link.symlink_to(file)
    before = _state(lying)
    store = trial.open()
    _WATCH.start(file, directory, link, directory / "part")
    try:
        for path in (file, directory, link):
            store.call(calls.artifact("model", str(path)))
            store.call(calls.artifact("model", str(path), "checkpoint"))
        store.close()
    finally:
        seen = _WATCH.stop()
    if _state(lying) != before:
        trial.fail(
            f"Logging pointers to artifacts changed the files that they point to:\n"
            f"    before {before}\n    after  {_state(lying)}"
        )
    if seen:
        trial.fail(f"Logging a pointer touched what it points to: {', '.join(seen[:5])}")
    made = [
        calls.artifact("model", str(path), kind)
        for path in (file, directory, link)
        for kind in (None, "checkpoint")
    ]
    trial.expect(made)


def _state(directory: Path) -> list[tuple[Any, ...]]:
    return [
        (path.name, path.is_symlink(), stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_nlink)
        for path in sorted(directory.rglob("*"))
        for stat in [path.lstat()]
    ]


@check("ART-2")
def artifacts_need_not_exist(trial: Trial) -> None:
    """And are not created."""
    missing = trial.bench.fresh_directory() / "not" / "there.pt"
    made = [
        calls.artifact("model", str(missing)),
        calls.artifact("model", "/no/such/directory/model.pt", "checkpoint"),
        calls.artifact("model", "no/such/model.pt"),
    ]
    trial.log_calls(made)
    if missing.parent.exists() or missing.exists():
        trial.fail(f"Logging a pointer to {missing} created it")
    trial.expect(made)
