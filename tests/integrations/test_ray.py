"""The Ray Tune callback, in a real experiment of two trials in two workers, and call by call."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evsys_sdk import LogStoreConfigError, RunLog, open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need
from integrations.ray_programs import ATTEMPTS, NOT_STARTED, run_with_ray
from integrations.watched_store import WatchedStore

need("ray")

from ray.tune.experiment import Trial

from evsys_sdk.integrations.ray import LogStoreCallback


def read(log_dir: Path) -> RunLog:
    return JSONLLogStore.read_run(log_dir=log_dir)


def store_of(trial: Trial) -> dict[str, Any]:
    return {"kind": "watched", "params": {"log_dir": f"{trial.path}/logs"}}


def test_each_trial_is_logged_whole_also_if_it_fails(tmp_path: Path) -> None:
    experiment = Path(__file__).with_name("ray_experiment.py")
    tests = str(experiment.parents[1])
    # Another process, since Ray leaves threads and sockets open in this one.
    run_with_ray(["python", str(experiment)], tmp_path, PYTHONPATH=tests)
    for kind, steps in (("again", [1, 2, 3]), ("broken", [1, 2])):
        trial = tmp_path / "experiment" / kind
        log = read(trial / "logs")
        assert log.hyperparams == {"kind": kind, "shape": [2, 3]}
        training = [row for row in log.metrics if row.split == "train"]
        assert [row.step for row in training] == steps
        assert {"loss", "time_this_iter_s", "time_total_s"} == training[0].metrics.keys()
        assert str(training[1].metrics["loss"]) == "nan"
        validation = [(row.step, row.metrics) for row in log.metrics if row.split == "val"]
        assert validation == [(step, {"val/f1": 0.5}) for step in steps]
        assert [(each.name, each.path, each.kind) for each in log.artifacts] == [
            (name, str(trial / name), "checkpoint")
            for name in (f"checkpoint_{step - 1:06}" for step in steps)
        ]
        assert all((Path(each.path) / "step").is_file() for each in log.artifacts)


@pytest.mark.parametrize(
    ("message", "attempts"), [(NOT_STARTED, ATTEMPTS), ("out of memory", 1)], ids=["start", "later"]
)
def test_a_program_is_run_again_only_if_ray_does_not_start(
    message: str, attempts: int, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"open('attempts', 'a').write('.')\nraise Exception({message!r})\n")
    with pytest.raises(AssertionError, match=message):
        run_with_ray(["python", str(program)], tmp_path)
    assert (tmp_path / "attempts").read_text() == "." * attempts


def fake_trial(root: Path, name: str, **config: Any) -> Trial:
    return cast(
        "Trial", SimpleNamespace(trial_id=name, path=str(root / name), config={"lr": 0.1, **config})
    )


def report(callback: LogStoreCallback, trial: Trial, iteration: int, **values: Any) -> None:
    added = {"config": {"lr": 0.1}, "date": "2026-11-28", "pid": 7}
    callback.log_trial_result(1, trial, {**values, **added, "training_iteration": iteration})


def test_the_store_of_a_trial_is_closed_when_the_trial_ends(tmp_path: Path) -> None:
    callback = LogStoreCallback(store_of)
    first, second = fake_trial(tmp_path, "first"), fake_trial(tmp_path, "second")
    for trial in (first, second):
        callback.log_trial_start(trial)
    assert len(WatchedStore.opened) == 2
    callback.log_trial_end(first, failed=True)
    assert len(WatchedStore.opened) == 1
    report(callback, second, 1, loss=1.0)
    callback.log_trial_end(first)
    callback.log_trial_end(second)
    assert WatchedStore.opened == []
    assert [row.metrics for row in read(tmp_path / "second" / "logs").metrics] == [{"loss": 1.0}]


def test_a_trial_that_starts_again_continues_its_log(tmp_path: Path) -> None:
    callback, trial = LogStoreCallback(store_of), fake_trial(tmp_path, "trial")
    for iteration in range(1, 3):  # paused between them
        callback.log_trial_start(trial)
        report(callback, trial, iteration, loss=1.0)
    assert len(WatchedStore.opened) == 1
    callback.on_experiment_end([trial])
    callback.close()
    assert WatchedStore.opened == []
    another = LogStoreCallback(store_of)  # in a process that restores the experiment
    trial = fake_trial(tmp_path, "trial", lr=0.2)
    another.log_trial_start(trial)
    report(another, trial, 3, loss=1.0)
    another.close()
    log = read(tmp_path / "trial" / "logs")
    assert [row.step for row in log.metrics] == [1, 2, 3]
    assert log.hyperparams == {"lr": 0.2}


def test_a_failing_close_of_a_trial_that_failed_does_not_end_the_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    callback, trial = LogStoreCallback(store_of), fake_trial(tmp_path, "trial")
    monkeypatch.setattr(WatchedStore, "fails_to_close", True)
    callback.log_trial_start(trial)
    callback.log_trial_end(trial, failed=True)
    assert "closing the log store failed" in caplog.text


def test_trials_that_share_a_store_are_warned_of_once(
    source: dict[str, Any], log_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = LogStoreCallback(source)
    first, second = fake_trial(tmp_path, "first"), fake_trial(tmp_path, "second")
    callback.log_trial_start(first)
    report(callback, first, 1, loss=1.0)
    callback.log_trial_end(first)
    assert caplog.text == ""
    callback.log_trial_start(second)
    report(callback, second, 1, loss=2.0)
    assert caplog.text.count("experiment are all logged to one store. Pass a function") == 1
    callback.on_experiment_end([first, second])
    assert WatchedStore.opened == []
    assert [row.metrics for row in read(log_dir).metrics] == [{"loss": 1.0}, {"loss": 2.0}]


def test_an_open_store_stays_open(log_dir: Path, tmp_path: Path) -> None:
    trial = fake_trial(tmp_path, "trial")
    with open_log_store({"kind": "jsonl", "params": {"log_dir": log_dir}}) as store:
        callback = LogStoreCallback(store)
        callback.log_trial_start(trial)
        callback.log_trial_end(trial)
        callback.on_experiment_end([trial])
        store.log_metrics({"after": 1.0}, 0)
    assert [row.metrics for row in read(log_dir).metrics] == [{"after": 1.0}]


def test_a_text_among_the_results_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback, trial = LogStoreCallback(store_of), fake_trial(tmp_path, "trial")
    report(callback, trial, 1, loss=1.0, note="text")
    callback.close()
    assert [row.metrics for row in read(tmp_path / "trial" / "logs").metrics] == [{"loss": 1.0}]
    assert [each.getMessage().partition(":")[0] for each in caplog.records] == [
        "the metric 'note' is not logged"
    ]


def test_a_wrong_configuration_is_refused(tmp_path: Path) -> None:
    wrong: dict[str, Any] = {"kind": "jsonl", "params": {"logdir": "logs"}}
    with pytest.raises(LogStoreConfigError, match="did you mean log_dir"):
        LogStoreCallback(wrong)
    callback = LogStoreCallback(lambda trial: wrong)
    with pytest.raises(LogStoreConfigError, match="did you mean log_dir"):
        callback.log_trial_start(fake_trial(tmp_path, "trial"))
    with pytest.raises(TypeError, match="JSONLLogStore is a class"):
        LogStoreCallback(cast("Any", JSONLLogStore))
