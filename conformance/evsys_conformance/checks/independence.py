"""Checks of ID-4: instances share nothing."""

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Drop,
    Make,
    Open,
    Read,
    Step,
    make_steps,
    program,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check


@check(
    "ID-4",
    lambda subject: {
        "drawn": st.lists(
            st.tuples(
                st.integers(0, 2), strategies.any_calls(strategies.usual_splits(subject.claims))
            ),
            min_size=2,
            max_size=20,
        )
    },
)
def open_instances_do_not_mix(subject: Subject, drawn: list[tuple[int, Call]]) -> Programs:
    """Three at once, at three destinations, in turns."""
    three = range(3)
    yield program(
        (Open(n, n) for n in three),
        (Make(call, which) for which, call in drawn),
        (Close(n) for n in three),
        (Read(n) for n in three),
    )


@check("ID-4")
def a_new_instance_starts_empty(subject: Subject) -> Programs:
    """After others were closed, collected, or are still open; also closing one harms no other."""
    split = "val" if "split" in subject.claims else None
    yield program(
        *(Open(0, 0), make_steps(_everything(0))),
        *(Open(1, 1), Close(0), Drop(0), make_steps(_everything(1, split), 1)),
        *(Open(2, 2), Close(2), make_steps(_everything(2), 1), Close(1)),
        *(Read(0), Read(1), Read(2)),
    )


@check("ID-4")
def short_lived_instances_do_not_mix(subject: Subject) -> Programs:
    """One after another, each deleted before the next, even if an address is used again."""
    steps: list[Step] = []
    for n in range(30):
        steps += [Open(0, n), *make_steps(_everything(n)), Close(), Drop(), Read(n)]
    yield program(steps)


def _everything(n: int, split: str | None = None) -> list[Call]:
    return [
        calls.hyperparams({"lr": n, f"only {n}": [n]}),
        calls.metrics({"loss": n / 8, f"only {n}": 0.5}, n, split),
        calls.scalar("loss", n / 4, n),
        calls.artifact(f"model {n}", f"{n}.pt"),
    ]


@check("ID-4")
def instances_may_be_built_from_the_same_objects(subject: Subject) -> Programs:
    """What two constructors are handed, a list or a nested model, belongs to neither store."""
    yield program(
        *(Open(0, 0), Open(1, 1, same_objects_as=0)),
        *(make_steps(_everything(0), 0), make_steps(_everything(1), 1)),
        *(Close(0), Close(1), Read(0), Read(1)),
    )


@check("ID-4")
def instances_may_be_handed_the_same_objects(subject: Subject) -> Programs:
    """One dict of metrics and one of hyperparameters, logged to two stores."""
    both = [
        calls.hyperparams({"lr": 0.5, "model": {"layers": [1, 2]}}),
        calls.metrics({"loss": 0.5, "acc": 0.25}, 0),
    ]
    yield program(
        *(Open(0, 0), Open(1, 1)),
        (Make(call, n, caller=Caller.SHARES) for n in (0, 1) for call in both),
        make_steps([calls.hyperparams({"only": 1, "lr": 1}), calls.metrics({"only": 1.0}, 1)], 0),
        make_steps([calls.hyperparams({"only": 2}), calls.metrics({"only": 2.0}, 2)], 1),
        *(Close(0), Close(1), Read(0), Read(1)),
    )
