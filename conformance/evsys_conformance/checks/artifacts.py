"""Checks of artifacts: ART-1 and ART-2."""

import os
import sys
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import awkward, strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import HERE, Call
from evsys_conformance.programs.program import Expect, Make, Program, Step, logged, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check, direct_check
from evsys_conformance.running.trial import Trial


@check("ART-1", lambda _: {"drawn": st.lists(strategies.artifact_calls(), min_size=1, max_size=8)})
def artifacts_come_back_as_given(subject: Subject, drawn: list[Call]) -> Programs:
    """Name, path and kind, in the order of the calls."""
    yield logged(drawn)


@check("ART-1")
def the_same_name_again_is_one_more_entry(subject: Subject) -> Programs:
    """Also the same call again, to the letter; and paths that a library might tidy up."""
    log = [calls.artifact(name, "a.pt") for name in ["b", "a", "b", "b", "c", "a"]]
    log += [calls.artifact("b", "other.pt", "checkpoint"), calls.artifact("b", "a.pt", "file")]
    log += [calls.artifact("model", path) for path in (*awkward.PLAIN_PATHS, "A", "a")]
    for text in (*awkward.PLAIN_KEYS, "k" * 250, "k" * 4095 + "a", "k" * 4095 + "b"):
        log.append(calls.artifact(text, text, text))
    yield logged(log)


@check("ART-1", lambda _: {"texts": st.lists(strategies.other_texts(), min_size=1, max_size=4)})
def other_texts_come_back_or_are_refused(subject: Subject, texts: list[str]) -> Programs:
    """Arbitrary strings as name, path and kind."""
    yield _kept_or_refused(texts)


@check("ART-1")
def awkward_texts_come_back_or_are_refused(subject: Subject) -> Programs:
    """Unicode in two normal forms, quotes, newlines, NUL; paths of existing directories."""
    near = [f"{HERE}/model.pt", os.path.join(os.getcwd(), "model.pt")]
    short = [text for text in awkward.OTHER_TEXTS if len(text) < 1000]
    yield _kept_or_refused([*near, *short])


def _kept_or_refused(texts: list[str]) -> Program:
    steps: list[Step] = []
    for text in texts:
        steps += [
            Make(call, expect=Expect.KEPT_OR_REFUSED)
            for call in (
                calls.artifact(text, "a.pt"),
                calls.artifact("model", text),
                calls.artifact("model", "a.pt", text),
            )
        ]
    return run_of(steps, Make(calls.artifact("last", "a.pt")))


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


@direct_check("ART-2")
def artifacts_are_left_alone(trial: Trial) -> None:
    """Files and directories that exist are neither opened nor changed."""
    targets = trial.subject.fresh_directory()
    file, directory, link = targets / "model.pt", targets / "checkpoint", targets / "latest"
    file.write_bytes(b"weights")
    directory.mkdir()
    (directory / "part").write_bytes(b"part")
    link.symlink_to(file)
    log = [
        calls.artifact("model", str(path), kind)
        for path in (file, directory, link)
        for kind in (None, "checkpoint")
    ]
    before = _state(targets)
    store = trial.open()
    _WATCH.start(file, directory, link, directory / "part")
    try:
        for call in log:
            trial.make(store, call)
            if _WATCH.seen:  # The calls so far show it.
                break
        trial.make(store, Call("close"))
    finally:
        seen = _WATCH.stop()
    if _state(targets) != before:
        trial.fail(
            f"Logging pointers to artifacts changed the files that they point to:\n"
            f"    before {before}\n    after  {_state(targets)}"
        )
    if seen:
        touched = ", ".join([*dict.fromkeys(seen)][:5])
        trial.fail(f"Logging a pointer touched what it points to: {touched}")
    trial.expect(log)


def _state(directory: Path) -> list[tuple[Any, ...]]:
    return [
        (path.name, path.is_symlink(), stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_nlink)
        for path in sorted(directory.rglob("*"))
        for stat in [path.lstat()]
    ]


@direct_check("ART-2", observes=True)
def artifacts_need_not_exist(trial: Trial) -> None:
    """And are not created."""
    missing = trial.subject.fresh_directory() / "not" / "there.pt"
    log = [
        calls.artifact("model", str(missing)),
        calls.artifact("model", "/no/such/directory/model.pt", "checkpoint"),
        calls.artifact("model", "no/such/model.pt"),
    ]
    store = trial.open()
    for call in (*log, Call("close")):
        trial.make(store, call)
    if missing.parent.exists() or missing.exists():
        trial.fail(f"Logging a pointer to {missing} created it")
    trial.expect(log)
