"""Checks of the parameters of a store's methods: SIG-1 to SIG-3."""

import inspect
from typing import Any

from evsys_conformance.awkward import UNKNOWN
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Expect, Make, make_steps, run_of
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.check import Programs, check, direct_check
from evsys_conformance.running.trial import Trial
from evsys_sdk.signatures import METHODS, keyword_only_parameters, positional_parameters


def _signature(trial: Trial, store: Any, method: str) -> inspect.Signature | None:
    """Signature of a bound method; None where it shows only ``*args, **kwargs``."""
    bound = getattr(store, method, None)
    if not callable(bound) or not callable(getattr(trial.subject.store, method, None)):
        trial.fail(f"{trial.subject.store.__qualname__} has no method {method}")
    try:
        signature = inspect.signature(bound)
    except (TypeError, ValueError):
        return None
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    open_ended = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return None if kinds and kinds <= open_ended else signature


@direct_check("SIG-1")
def the_methods_have_their_parameters(trial: Trial) -> None:
    """Names, order, both ways of passing them, and nothing more that is required."""
    store = trial.open()
    trial.note("import inspect")
    trial.note(*(f"print(inspect.signature(store.{method}))" for method in METHODS))
    problems: list[str] = []
    for method in METHODS:
        target = inspect.unwrap(getattr(trial.subject.store, method, lambda: None))
        if inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target):
            problems.append(f"{method} is async: a training loop calls it without await")
            continue
        if inspect.isgeneratorfunction(target):
            problems.append(f"{method} is a generator: calling it does nothing")
            continue
        signature = _signature(trial, store, method)
        if signature is not None:
            problems += _parameter_problems(method, signature)
    if problems:
        trial.fail("\n".join(problems))
    trial.make(store, Call("close"))


def _parameter_problems(method: str, signature: inspect.Signature) -> list[str]:
    names, keywords = positional_parameters(method), keyword_only_parameters(method)
    shown = f"{method}{signature}"
    parameters = list(signature.parameters.values())
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, either)]
    open_ended = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    found = [p.name for p in positional]
    problems: list[str] = []
    if found[: len(names)] != list(names):
        problems.append(f"{shown}: its parameters must be {', '.join(names)}, in this order")
    elif any(p.kind is not either for p in positional):
        problems.append(f"{shown}: its parameters can't be given by keyword")
    extra = [p.name for p in positional[len(names) :] if p.name not in keywords]
    if extra and not problems:
        problems.append(f"{shown}: {extra[0]!r} must be keyword-only; put it after a `*`")
    if open_ended and not keywords:  # SIG-2 and SIG-3 judge a third position of the other two.
        problems.append(f"{shown}: `*args` takes positional arguments that the contract refuses")
    problems += [
        f"{shown}: {p.name!r} is required, and no caller would give it"
        for p in parameters
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty and p.name not in keywords
    ]
    return problems


_BY_POSITION = (
    Call("log_scalar", ("loss", 0.5, 1)),
    Call("log_metrics", ({"loss": 0.25}, 2)),
    Call("log_hyperparams", ({"lr": 0.5},)),
    Call("log_artifact", ("model", "a.pt")),
)
_BY_KEYWORD = (
    Call("log_scalar", (), {"key": "loss", "value": 0.5, "step": 1}),
    Call("log_scalar", ("loss",), {"step": 1, "value": 0.75}),
    Call("log_metrics", (), {"metrics": {"loss": 0.25}, "step": 2}),
    Call("log_metrics", ({"loss": 0.125},), {"step": 3}),
    Call("log_hyperparams", (), {"params": {"lr": 0.5}}),
    Call("log_artifact", (), {"name": "model", "path": "a.pt"}),
    Call("log_artifact", ("model",), {"path": "b.pt"}),
)


@check("SIG-1", observes=False)
def the_methods_take_positions_and_keywords(subject: Subject) -> Programs:
    """And record the same either way."""
    yield run_of(make_steps([*_BY_POSITION, *_BY_KEYWORD]))


@direct_check("SIG-1")
def each_method_returns_none(trial: Trial) -> None:
    """Not a coroutine, not a handle, not the store."""
    store = trial.open()
    log = [
        *_BY_POSITION,
        calls.metrics({}, 0),
        calls.hyperparams({}),
        calls.metrics({"loss": 0.5}, 3, "val"),
        calls.artifact("model", "a.pt", "checkpoint"),
    ]
    for call in (*log, Call("close"), Call("close")):
        result = trial.make(store, call)
        if inspect.iscoroutine(result):
            result.close()  # It would only warn that it was never awaited.
        if result is not None:
            trial.fail(f"{call.code()} returned {result!r}; it must return None")


def _type_error(call: Call, because: str) -> Make:
    return Make(call, expect=Expect.TYPE_ERROR, because=because)


@check("SIG-1", observes=False)
def undeclared_keywords_are_refused(subject: Subject) -> Programs:
    """A misspelt keyword is a TypeError, not a value that is silently lost."""
    misspelt = [
        _type_error(
            Call(call.method, call.arguments, {UNKNOWN: 1}),
            f"{call.method} does not declare the keyword {UNKNOWN!r}",
        )
        for call in _BY_POSITION
    ]
    close = _type_error(Call("close", (), {UNKNOWN: 1}), "close takes no such keyword")
    yield run_of(misspelt, Make(calls.scalar("after", 0.5, 1)), close)


def _keyword_only(trial: Trial, method: str) -> None:
    [(keyword, default)] = keyword_only_parameters(method).items()
    store = trial.open()
    trial.note("import inspect", f"print(inspect.signature(store.{method}))")
    signature = _signature(trial, store, method)
    trial.make(store, Call("close"))
    if signature is None:
        return
    parameter = signature.parameters.get(keyword)
    if parameter is None:
        if any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values()):
            return  # Judged by calls alone.
        trial.fail(f"{method}{signature} has no parameter {keyword!r}")
    if parameter.kind is not parameter.KEYWORD_ONLY:
        trial.fail(f"{method}{signature}: {keyword!r} must be keyword-only; put it after a `*`")
    if parameter.default != default:
        trial.fail(f"{method}{signature}: {keyword!r} must default to {default!r}")


@direct_check("SIG-2")
def split_is_keyword_only(trial: Trial) -> None:
    """By the signature."""
    _keyword_only(trial, "log_metrics")


@check("SIG-2", observes=False)
def split_by_position_is_refused(subject: Subject) -> Programs:
    """By calls: a third positional argument records nothing, and train is the default."""
    by_position = Call("log_metrics", ({"loss": 0.25}, 2, "val"))
    splits = ("train", "val") if "split" in subject.claims else ("train",)
    yield run_of(
        Make(calls.metrics({"loss": 0.5}, 1)),
        _type_error(by_position, "split is given by keyword only"),
        make_steps(calls.metrics({"loss": 0.125}, 3, split) for split in splits),
        Make(calls.metrics({"loss": 0.75}, 4)),
    )


@direct_check("SIG-3")
def kind_is_keyword_only(trial: Trial) -> None:
    """By the signature."""
    _keyword_only(trial, "log_artifact")


@check("SIG-3", observes=False)
def kind_by_position_is_refused(subject: Subject) -> Programs:
    """By calls: a third positional argument records nothing, and file is the default."""
    by_position = Call("log_artifact", ("model", "b.pt", "checkpoint"))
    yield run_of(
        Make(calls.artifact("model", "a.pt")),
        _type_error(by_position, "kind is given by keyword only"),
        make_steps(calls.artifact("model", "c.pt", kind) for kind in ("file", "checkpoint")),
        Make(calls.artifact("model", "d.pt")),
    )
