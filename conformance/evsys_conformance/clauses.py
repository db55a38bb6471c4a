"""The clauses of the contract as data.

The normative text is ``docs/contract.md``: a test compares every title, text and capability here
with it, word for word. Ids are never reused.
"""

from dataclasses import dataclass
from typing import Final, get_args

from evsys_sdk.protocols import Capability

CAPABILITIES: Final[tuple[Capability, ...]] = get_args(Capability)
"""The capabilities that a store may claim, beyond the clauses that bind every store."""

DEFAULT_CAPABILITIES: Final[frozenset[Capability]] = frozenset({"split", "float64"})
"""The claims if neither the harness nor its store has ``capabilities``."""


@dataclass(frozen=True)
class Clause:
    """One numbered promise of the contract."""

    id: str
    title: str
    text: str
    """What must hold: the first paragraph of the clause in the contract."""
    look_at: str
    """Where its author should look when the clause fails."""
    capability: Capability | None = None
    """The claim that makes this clause binding; None: it binds every store."""

    @property
    def level(self) -> str:
        """``must``, or ``must if claimed`` where a capability makes it binding."""
        return "must" if self.capability is None else "must if claimed"


CLAUSES: Final = (
    Clause(
        "ID-1",
        "The class has a name",
        "The class attribute `name` must be a non-empty string: it is the registry key and the "
        "`kind` in YAML.",
        'the class body: name: ClassVar[str] = "my_store"',
    ),
    Clause(
        "ID-2",
        "Config refuses unknown parameters",
        "The class attribute `Config` must be a pydantic model that refuses an unknown "
        "parameter and names it.",
        'model_config = ConfigDict(extra="forbid"), and validators that drop or rename keys',
    ),
    Clause(
        "ID-3",
        "The constructor takes the fields of Config",
        "The constructor must accept every field of `Config` as a keyword argument under the "
        "field's name and require nothing else. Leaving a field out must give the same store as "
        "passing the field's default.",
        "__init__: its parameter names and defaults, beside the fields of Config",
    ),
    Clause(
        "ID-4",
        "Instances are independent",
        "Two instances must not share state through the class or the module, even if both are "
        "given the same object.",
        "mutable class attributes, mutable default arguments, module-level caches and buffers",
    ),
    Clause(
        "SIG-1",
        "The methods have the contract's signatures",
        "The five methods must have the contract's names, and its parameters in its order, "
        "which callers may pass by position and by keyword. They must be synchronous and return "
        "None. Further parameters must be optional and keyword-only. A keyword argument that a "
        "method does not declare must raise TypeError and record nothing.",
        "the def lines of the five methods: names, order, `*`, defaults, `async`, `**kwargs`, "
        "`return`",
    ),
    Clause(
        "SIG-2",
        "split is keyword-only and defaults to train",
        '`split` of `log_metrics` must be keyword-only and default to `"train"`. A third '
        "positional argument must raise TypeError and record nothing.",
        'def log_metrics(self, metrics, step, *, split="train")',
    ),
    Clause(
        "SIG-3",
        "kind is keyword-only and defaults to file",
        '`kind` of `log_artifact` must be keyword-only and default to `"file"`. A third '
        "positional argument must raise TypeError and record nothing.",
        'def log_artifact(self, name, path, *, kind="file")',
    ),
    Clause(
        "MET-1",
        "Every item is recorded once",
        "Every item of `metrics` must be recorded once, under its key, at that step and under "
        "that split. No other item may be recorded.",
        "loops over metrics.items(), columns fixed by the first call, a split kept from an "
        "earlier call",
    ),
    Clause(
        "MET-2",
        "log_scalar records what log_metrics records",
        "`log_scalar(key, value, step)` must record what `log_metrics({key: value}, step)` "
        "records.",
        "whether log_scalar calls log_metrics or does its own work",
    ),
    Clause(
        "MET-3",
        "Calls are kept, and in order",
        "Calls must be kept in order. A repeated step, a repeated point, a step that goes back, "
        "step 0 and every other step that fits int64 must be kept.",
        "primary keys and dicts by step, ORDER BY, `if step`, 32-bit columns, buffers and how "
        "they are flushed",
    ),
    Clause(
        "MET-4",
        "Values are kept",
        "With the capability `float64`, every float64 must come back exactly: -0.0, subnormals, "
        "NaN and both infinities too. Without it, zero and magnitudes from 1e-37 to 3e38 must "
        "come back within a relative error of 1e-6, and no point may be lost.",
        "number formats (%g, round, float32 columns), NULL for NaN, JSON without NaN, == on floats",
    ),
    Clause(
        "MET-5",
        "Number-like values are recorded as numbers",
        "Anything that behaves as a number must be accepted and recorded as `float(value)`: "
        "int, bool, NumPy scalars, 0-d arrays and tensors, Decimal, Fraction, and anything else "
        "with `__float__`. A step may be anything with `__index__`.",
        "isinstance checks: call float(value) and operator.index(step) instead",
    ),
    Clause(
        "MET-6",
        "Keys and splits come back as given",
        "Keys and splits of 1 to 250 ASCII letters, digits, `_ . / -` and spaces must come back "
        "as given. Any other text (longer, empty, unicode, quotes, newlines, NUL) must come "
        "back as given or be refused with TypeError or ValueError; it must never be altered. A "
        "call with a string that is not text must harm no other record.",
        "strip, lower, replace, normalize, column widths, case-insensitive comparison, file names "
        "made from keys",
    ),
    Clause(
        "MET-7",
        "A bad call records nothing",
        "A call must raise TypeError or ValueError if a value is not a number (a string, even "
        '`"1.5"`; None; a list), a key or split is not a string, or the step is not an integer '
        "(1.5, a string, None). Nothing of that call may be recorded, earlier records must be "
        "kept, and the store must still work.",
        "whether every argument is checked before the first item is written; float('1.5') and "
        "int(1.5), which accept too much",
    ),
    Clause(
        "MET-8",
        "An empty dict records no point",
        "`log_metrics({}, step)` must succeed and record no point.",
        "max()/min()/next() of an empty dict, rows written without values",
    ),
    Clause(
        "MET-9",
        "Metrics are the caller's own",
        "Neither the call, nor a thread, nor `close()` may change the arguments of a call, not "
        "even the identity or type of a value. Changing them after the call must not change "
        "what was recorded.",
        "copy the dict and convert its values before the call returns",
    ),
    Clause(
        "HP-1",
        "Hyperparameters come back as JSON values",
        "Any JSON value must come back equal and of the same JSON type: true is not 1, an int "
        "stays an int, and a tuple counts as a list. JSON values are text, ints of up to 4,300 "
        "digits, finite floats, bools, None, lists, and dicts with text as keys, nested up to "
        "100 deep, counting the outermost dict. NaN and infinities must come back as floats or "
        "as the strings `NaN`, "
        "`Infinity` and `-Infinity`, or be refused with ValueError; they must never become null "
        "or be dropped. An empty top-level key may be refused with TypeError or ValueError. A "
        "call with a string that is not text must harm no other record.",
        "str() or repr() of values, flattening of nested dicts, columns with one type, float(int)",
    ),
    Clause(
        "HP-2",
        "Repeated calls merge their top-level keys",
        "Repeated calls must give the union of their top-level keys. A later value must replace "
        "an earlier one as a whole.",
        "dict.update against replace; a merge that descends; setdefault and INSERT OR IGNORE",
    ),
    Clause(
        "HP-3",
        "Bad hyperparameters record nothing",
        "A call must raise TypeError or ValueError if a value has no JSON form (an `object()`, "
        "a set of objects, a cycle) or a top-level key is not a string. Nothing of that call "
        "may be recorded, and earlier hyperparameters must be kept.",
        "json.dumps(default=str), json's own conversion of keys, files opened before encoding",
    ),
    Clause(
        "HP-4",
        "Hyperparameters are the caller's own",
        "Neither the call, nor a thread, nor `close()` may change the arguments of a call, "
        "nested values included, not even the identity or type of a value. Changing them after "
        "the call must not change what was recorded.",
        "copy deeply, or encode, before the call returns",
    ),
    Clause(
        "HP-5",
        "Hyperparameters may come at any time",
        "`log_hyperparams` must work before, between and after metrics.",
        "headers written at the first row, state that the first call freezes",
    ),
    Clause(
        "ART-1",
        "Artifacts are recorded as given, in order",
        "Name, path and kind must be recorded as given and in the order of the calls. A repeated "
        "name must add another entry. Up to 4,096 of the characters that MET-6 names must be "
        "kept; any other text must be recorded as given or be refused with TypeError or "
        "ValueError. A call with a string that is not text must harm no other record.",
        "dicts by name, os.path functions, column widths, defaults for kind",
    ),
    Clause(
        "ART-2",
        "An artifact is a pointer",
        "The path need not exist, and the store must not create, open, move, resolve or delete it.",
        "os.path.exists, open, shutil, Path.resolve",
    ),
    Clause(
        "CL-1",
        "After close the log is complete",
        "After `close()` a fresh reader must find exactly what was logged, each record once, "
        "and must still find it after the instance was garbage-collected. If nothing was logged, "
        "there may be nothing to read.",
        "whether the reader reads where the store writes; the last buffer, joins with a timeout, "
        "__del__ and atexit handlers that write again",
    ),
    Clause(
        "CL-2",
        "Closing again is harmless",
        "Closing again must succeed and have no effect. Closing without a write must succeed.",
        "a flag set by the first close and looked at first; things that only a write creates",
    ),
    Clause(
        "CL-3",
        "A closed store refuses to write",
        "After `close()` each of the four write methods must raise, even for an empty dict, and "
        "record nothing.",
        "the check for closed, first in each of the four methods, before any early return",
    ),
    Clause(
        "CL-4",
        "Close releases what the store opened",
        "`close()` must release threads, file descriptors, sockets and child processes.",
        "thread.join, file.close, session.close, process.wait; what __init__ opened before it "
        "failed",
    ),
    Clause(
        "MUX-1",
        "It records the same as a child",
        "As a child of `multiplex`, or of any object whose methods forward their calls, a store "
        "must record what it would record alone.",
        "the caller's frame, the identity of arguments, positional against keyword arguments",
    ),
    Clause(
        "MUX-2",
        "Every child gets every call",
        "Every child must get every call, with equal arguments and in order, on writes and on "
        "close, no matter what another child does.",
        "a loop that ends at the first exception; one dict handed to all children",
        "composite",
    ),
    Clause(
        "CAP-SPLIT",
        "The split is kept",
        "Every point must come back under the split of its call.",
        "the split of the previous call, a default that wins, a reader that forgets it",
        "split",
    ),
    Clause(
        "CAP-RESUME",
        "A new instance continues the log",
        "After the earlier instance was closed, a new one at the same destination, in the same "
        "process, must continue the log. Everything earlier must be kept, once and in order, "
        "even if the new instance logs nothing. Hyperparameters must merge with the earlier ones.",
        "mode 'w', DROP/CREATE TABLE, counters that start at 0 again, state rewritten from memory",
        "resume",
    ),
    Clause(
        "CAP-CRASH",
        "A returned call survives SIGKILL",
        "What a returned call wrote must survive SIGKILL of the process (not a loss of power). "
        "The call in progress may be recorded wholly, in part or not at all, and must harm no "
        "other record. With `resume`, a new instance must be able to continue the log.",
        "user-space buffers, queues, transactions left open, torn lines at the end of a file",
        "crash",
    ),
    Clause(
        "CAP-THREADS",
        "Calls from several threads are all kept",
        "Concurrent calls must not lose, tear or duplicate anything, and each thread's order "
        "must be kept. When `close()` races writes, a write that returned must be recorded and "
        "one that raised must not be.",
        "a lock around check and write and around close; iteration over a dict that grows",
        "threads",
    ),
    Clause(
        "CAP-PROC",
        "Calls from several processes are all kept",
        "Concurrent calls of several processes at one destination must not lose, tear or "
        "duplicate anything, and each process's order must be kept.",
        "O_APPEND and one write a row, file locks, read-modify-write of whole files",
        "processes",
    ),
    Clause(
        "CAP-FORK",
        "A forked child does no harm",
        "A forked child that exits, normally or by `os._exit`, must leave the parent's records "
        "and open instance unharmed. A write in the child must be recorded once, at the same "
        "destination, or raise. Nothing may hang.",
        "buffers inherited and flushed twice, threads that do not exist in the child, held locks",
        "fork",
    ),
)

BY_ID: Final = {clause.id: clause for clause in CLAUSES}
