"""Checks of ID-4: instances share nothing."""

import gc
from typing import Any

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.harness import constructor_arguments
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call, copied
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import check


@check(
    "ID-4",
    lambda bench: {
        "drawn": st.lists(
            st.tuples(
                st.integers(0, 2), strategies.any_calls(strategies.usual_splits(bench.claims))
            ),
            min_size=2,
            max_size=20,
        )
    },
)
def open_instances_do_not_mix(trial: Trial, drawn: list[tuple[int, Call]]) -> None:
    """Three at once, at three destinations, in turns."""
    trials = [trial, Trial(trial.bench, trial.clause), Trial(trial.bench, trial.clause)]
    stores = [each.open() for each in trials]
    for which, call in drawn:
        stores[which].call(call)
    for store in stores:
        store.close()
    for number, each in enumerate(trials):
        each.note("# other instances, at other destinations, were open and written to meanwhile")
        each.expect([call for which, call in drawn if which == number])
        trial.unobserved = trial.unobserved or each.unobserved


@check("ID-4")
def a_new_instance_starts_empty(trial: Trial) -> None:
    """After others were closed, collected, or are still open; also closing one harms no other."""
    made = _everything(0)
    first, second, third = trial, Trial(trial.bench, trial.clause), Trial(trial.bench, trial.clause)
    open_first = first.open()
    open_first.calls(made)
    open_second = second.open()
    open_first.close()
    open_first.store = None
    gc.collect()
    open_second_made = _everything(1, "val" if "split" in trial.bench.claims else None)
    open_second.calls(open_second_made)
    open_third = third.open()
    open_third.close()
    open_second.calls(_everything(2))
    open_second.close()
    first.expect(made)
    second.expect([*open_second_made, *_everything(2)])
    third.expect([])
    trial.unobserved = any(each.unobserved for each in (first, second, third))


@check("ID-4")
def short_lived_instances_do_not_mix(trial: Trial) -> None:
    """One after another, each gone before the next: also where an address is used again."""
    for n in range(30):
        run = Trial(trial.bench, trial.clause)
        run.note(f"# {n} other instances, at other destinations, were closed and are gone")
        run.log_calls(_everything(n))
        run.expect(_everything(n))
        trial.unobserved = trial.unobserved or run.unobserved


def _everything(n: int, split: str | None = None) -> list[Call]:
    return [
        calls.hyperparams({"lr": n, f"only {n}": [n]}),
        calls.metrics({"loss": n / 8, f"only {n}": 0.5}, n, split),
        calls.scalar("loss", n / 4, n),
        calls.artifact(f"model {n}", f"{n}.pt"),
    ]


@check("ID-4")
def instances_may_be_built_from_the_same_objects(trial: Trial) -> None:
    """What two constructors are handed, a list or a nested model, belongs to neither store."""
    other = Trial(trial.bench, trial.clause)
    with trial.judged("Config(**params)"):
        given = [constructor_arguments(trial.bench.store, each.params) for each in (trial, other)]
    same = [field for field in given[0] if given[0][field] == given[1][field]]
    given[1].update({field: given[0][field] for field in same})
    trial.note(f"# a second store, at another destination, is built from the same objects: {same}")
    trial.note("store = build_store(harness.store, params)")
    stores = [
        trial.open(lambda _: trial.bench.store(**given[0])),
        other.open(lambda _: trial.bench.store(**given[1])),
    ]
    for n, store in enumerate(stores):
        store.calls(_everything(n))
    for store in stores:
        store.close()
    trial.expect(_everything(0))
    other.expect(_everything(1))
    trial.unobserved = trial.unobserved or other.unobserved


@check("ID-4")
def instances_may_be_handed_the_same_objects(trial: Trial) -> None:
    """One dict of metrics and one of hyperparameters, logged to two stores."""
    items: dict[str, Any] = {"loss": 0.5, "acc": 0.25}
    params: dict[str, Any] = {"lr": 0.5, "model": {"layers": [1, 2]}}
    other = Trial(trial.bench, trial.clause)
    one, two = trial.open(), other.open()
    trial.note(
        'metrics = {"loss": 0.5, "acc": 0.25}',
        'params = {"lr": 0.5, "model": {"layers": [1, 2]}}',
        "# a second store, at another destination, is handed the same two dicts",
        "store.log_hyperparams(params)",
        "store.log_metrics(metrics, 0)",
    )
    with trial.judged("a valid call"):
        for store in (one, two):
            store.make("log_hyperparams", params)
            store.make("log_metrics", items, 0)
    both = [calls.hyperparams(copied(params)), calls.metrics(dict(items), 0)]
    only_one = [calls.hyperparams({"only": 1, "lr": 1}), calls.metrics({"only": 1.0}, 1)]
    only_two = [calls.hyperparams({"only": 2}), calls.metrics({"only": 2.0}, 2)]
    one.calls(only_one)
    two.calls(only_two)
    one.close()
    two.close()
    trial.expect([*both, *only_one])
    other.expect([*both, *only_two])
    trial.unobserved = trial.unobserved or other.unobserved
