"""The watch over calls that do not return."""

import threading
import time

import pytest

from evsys_conformance.programs.calls import metrics
from evsys_conformance.programs.observation import Hanging
from evsys_conformance.programs.program import Make
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running import watch
from zoo.backends.memory import MemoryHarness


@pytest.fixture
def subject(monkeypatch: pytest.MonkeyPatch) -> Subject:
    monkeypatch.setattr(watch, "NOTICE_SECONDS", 0.05)
    return Subject(MemoryHarness(), doing=Make(metrics({"loss": 0.5}, 3)))


def test_a_wait_is_told_ever_more_rarely_and_then_ended(subject: Subject) -> None:
    told: list[str] = []
    with pytest.raises(Hanging), watch.hanging_after(0.5, subject, told.append):
        threading.Event().wait()
    assert 2 <= len(told) <= 4  # after 0.05, 0.1, 0.2 and 0.4 s
    assert all("for store.log_metrics({'loss': 0.5}, 3) to return" in line for line in told)


def test_a_store_that_makes_progress_is_not_hanging(subject: Subject) -> None:
    told: list[str] = []
    until = time.monotonic() + 0.3
    with watch.hanging_after(0.2, subject, told.append):
        while time.monotonic() < until:
            subject.calls_in_check += 1
            threading.Event().wait(0.001)
    assert told == []


def test_a_deadline_ends_what_still_runs() -> None:
    with pytest.raises(Hanging), watch.ending_at(time.perf_counter() + 0.05):
        threading.Event().wait()
    with watch.ending_at(time.perf_counter() + 60.0):
        pass


class SlowToGo:
    def __del__(self) -> None:
        threading.Event().wait()


def test_a_wait_inside_a_finalizer_is_ended_silently_and_then_the_rest() -> None:
    # Python warns of an exception that a finalizer lets out, and pytest makes that an error.
    def wait_twice() -> None:
        SlowToGo()
        threading.Event().wait()

    with pytest.raises(Hanging), watch.ending_at(time.perf_counter() + 0.05):
        wait_twice()


def test_nothing_is_watched_outside_the_main_thread(subject: Subject) -> None:
    told: list[str] = []

    def work() -> None:
        with watch.hanging_after(0.01, subject, told.append):
            threading.Event().wait(0.1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert told == []
