"""Prints the steps of a program that take threads or processes, as Python that does the same."""

from collections.abc import Generator, Iterator

from evsys_conformance.printing.loops import lines_of, runs_of
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Forks, Killed, Leave, Processes, Threads
from evsys_conformance.programs.threads import JOIN_SECONDS

Lines = Iterator[str]


def threads(step: Threads, store: str) -> Lines:
    """Threads that write to one store."""
    after = step.close_after
    if after:
        yield "enough = threading.Event()"
    names = yield from _functions(step.histories, store, close_after=after)
    if len(set(names)) == 1:
        threads = f"threading.Thread(target={names[0]}) for _ in range({len(names)})"
    else:
        threads = f"threading.Thread(target=write) for write in ({', '.join(names)})"
    yield "sys.setswitchinterval(1e-6)"
    yield f"threads = [{threads}]"
    yield "for thread in threads: thread.start()"
    if after:
        yield f"enough.wait({JOIN_SECONDS})"
    if after is not None:
        yield f"{store}.close()"
    yield "for thread in threads: thread.join()"


def processes(step: Processes, params: str) -> Lines:
    """Processes that write to one destination, each with its own store."""
    if len(step.histories) == 1:
        yield from _child(lines_of(step.histories[0], "store"), params)
        yield "    store.close()"
        yield "    sys.exit(0)"
        yield "os.wait()"
        return
    number = len(step.histories)
    if len({tuple(lines_of(history, "store")) for history in step.histories}) == 1:
        yield f"for _ in range({number}):"
        calls = [*lines_of(step.histories[0], "store")]
    else:
        names = yield from _functions(step.histories, "store", argument="store")
        yield f"for write in ({', '.join(names)}):"
        calls = ["write(store)"]
    child = [*_child(calls, params), "    store.close()", "    os._exit(0)"]
    yield from (f"    {line}" for line in child)
    yield f"for _ in range({number}): os.wait()"


def killed(step: Killed, params: str) -> Lines:
    """A process that is killed."""
    if step.pause is not None:
        yield from _child(lines_of(step.calls[: step.after], "store"), params)
        yield f"    kill = threading.Timer({step.pause}, os.kill, (os.getpid(), signal.SIGKILL))"
        yield "    kill.start()"
        yield from (f"    {line}" for line in lines_of(step.calls[step.after :], "store"))
        yield "    kill.join()"
    elif step.within:
        yield "if os.fork() == 0:"
        yield f"    kill = KillPoint({step.within})"
        yield from list(_child(lines_of(step.calls[:-1], "store"), params))[1:]
        yield f"    kill.arm()  # Killed after action {step.within} of the next call."
        yield f"    {step.calls[-1].code()}"
        yield "    os.kill(os.getpid(), signal.SIGKILL)"
    else:
        yield from _child(lines_of(step.calls, "store"), params)
        yield "    os.kill(os.getpid(), signal.SIGKILL)"
    yield "os.wait()"


def forks(step: Forks, params: str) -> Lines:
    """A process that forks after each of its calls."""
    yield f"store = build_store(harness.store, {params})"
    if step.beside_a_writer:
        yield "stop = threading.Event()"
        yield "def write(n=0):"
        yield "    while not stop.is_set() and n < 20_000:"
        yield '        store.log_metrics({"thread": float(n % 1000)}, n); n += 1'
        yield "thread = threading.Thread(target=write)"
        yield "thread.start()"
    made = 0
    for run in runs_of(step.calls, "store", by_step=True):
        *loop, call = run.lines
        yield from loop
        margin = "    " * len(loop)
        yield f"{margin}{call.strip()}"
        number = f"step + {made - run.first}" if loop else f"{made}"
        number = number.replace(" + -", " - ").removesuffix(" + 0")
        yield from (f"{margin}{line}" for line in _fork(step, number))
        made += run.length
    if step.beside_a_writer:
        yield "stop.set(); thread.join()"
    yield "store.close()"


def _fork(step: Forks, number: str) -> Lines:
    """A forked child, which ends at once or after a write; ``number`` says which one it is."""
    leave = "os._exit(0)" if step.leave is Leave.AT_ONCE else "sys.exit(0)"
    yield "if os.fork() == 0:"
    if step.write:
        key, value = f'f"child {{{number}}}"', f"{number} / 8"
        if number.isdecimal():
            key, value = f'"child {number}"', str(int(number) / 8)
        elif " " in number:
            value = f"({number}) / 8"
        yield f"    try: store.log_metrics({{{key}: {value}}}, {number})"
        yield f"    finally: {leave}"
    else:
        yield f"    {leave}"
    yield "os.wait()"


def _child(lines: Iterator[str] | list[str], params: str) -> Lines:
    """The beginning of a child process: it opens a store and does what the lines say."""
    yield "if os.fork() == 0:"
    yield f"    store = build_store(harness.store, {params})"
    for line in lines:
        yield f"    {line}"


def _functions(
    histories: tuple[tuple[Call, ...], ...],
    store: str,
    argument: str = "",
    close_after: int | None = None,
) -> Generator[str, None, list[str]]:
    """Functions that make the calls of each writer, one for equal ones; return their names."""
    bodies: list[tuple[str, ...]] = []
    for history in histories:
        lines = list(lines_of(history, store)) or ["pass"]
        if close_after is not None:
            lines = _beside_a_close(history, store, close_after)
        bodies.append(tuple(lines))
    different = list(dict.fromkeys(bodies))
    names = {body: f"write_{n}" for n, body in enumerate(different, 1)}
    if len(different) == 1:
        names = {different[0]: "write"}
    for body, name in names.items():
        yield f"def {name}({argument}):"
        yield from (f"    {line}" for line in body)
    return [names[body] for body in bodies]


def _beside_a_close(history: tuple[Call, ...], store: str, after: int) -> list[str]:
    """Calls that say when this many of them have returned, until one is refused."""
    lines = [*lines_of(history[:after], store), *["enough.set()"] * bool(after)]
    lines += lines_of(history[after:], store)
    return ["with suppress(Exception):", *(f"    {line}" for line in lines or ["pass"])]
