"""The clauses of the contract as data.

``docs/contract.md`` is the normative text; this list is what the kit prints, and a test holds the
two together. Ids are never reused.
"""

from dataclasses import dataclass
from typing import Final

CAPABILITIES: Final = (
    "split",
    "float64",
    "composite",
    "resume",
    "crash",
    "threads",
    "processes",
    "fork",
)
"""What a store may claim beyond the clauses that bind every store."""

DEFAULT_CAPABILITIES: Final = frozenset({"split", "float64"})
"""What a harness that sets no ``capabilities`` claims."""


@dataclass(frozen=True)
class Clause:
    """One numbered promise of the contract."""

    id: str
    title: str
    text: str
    """What must hold, in a sentence or two."""
    look_at: str
    """Where its author should look when the clause fails."""
    capability: str | None = None
    """The claim that makes this clause binding; None: it binds every store."""

    @property
    def level(self) -> str:
        """``must``, or ``must if claimed`` where a capability makes it binding."""
        return "must" if self.capability is None else "must if claimed"


CLAUSES: Final = (
    Clause(
        "ID-1",
        "The class has a name",
        "The class attribute `name` is a str and not empty: the registry key and the YAML `kind`.",
        'the class body: name: ClassVar[str] = "my_store"',
    ),
    Clause(
        "ID-2",
        "Config refuses unknown parameters",
        "The class attribute `Config` is a pydantic model that refuses an unknown parameter and "
        "names it.",
        'model_config = ConfigDict(extra="forbid"), and validators that drop or rename keys',
    ),
    Clause(
        "ID-3",
        "The constructor takes the fields of Config",
        "Every field of `Config` is a keyword of the constructor under the field's name, nothing "
        "else is required, and leaving a field out gives the same store either way.",
        "__init__: its parameter names and defaults, beside the fields of Config",
    ),
    Clause(
        "ID-4",
        "Instances are independent",
        "Two instances share no state through the class or the module, also when both are handed "
        "the same object.",
        "mutable class attributes, mutable default arguments, module-level caches and buffers",
    ),
    Clause(
        "SIG-1",
        "The methods have the contract's signatures",
        "The five methods exist under the contract's names, with its parameters in its order, by "
        "position and by keyword; synchronous; each returns None. Further parameters are optional "
        "and keyword-only, and a keyword that is not declared is a TypeError that records nothing.",
        "the def lines of the five methods: names, order, `*`, defaults, `async`, `**kwargs`, "
        "`return`",
    ),
    Clause(
        "SIG-2",
        "split is keyword-only and defaults to train",
        '`split` of log_metrics is keyword-only and defaults to "train"; a third positional '
        "argument is a TypeError that records nothing.",
        'def log_metrics(self, metrics, step, *, split="train")',
    ),
    Clause(
        "SIG-3",
        "kind is keyword-only and defaults to file",
        '`kind` of log_artifact is keyword-only and defaults to "file"; a third positional '
        "argument is a TypeError that records nothing.",
        'def log_artifact(self, name, path, *, kind="file")',
    ),
    Clause(
        "MET-1",
        "Every item is recorded once",
        "Every item of `metrics` is recorded once, under its key, at that step, under that split; "
        "none is added.",
        "loops over metrics.items(), columns fixed by the first call, a split kept from an "
        "earlier call",
    ),
    Clause(
        "MET-2",
        "log_scalar records what log_metrics records",
        "`log_scalar(k, v, s)` records what `log_metrics({k: v}, s)` records.",
        "log_scalar: does it call log_metrics, or a path of its own?",
    ),
    Clause(
        "MET-3",
        "Calls are kept, and in order",
        "Calls are kept in order; a repeated step, a repeated point, a step that goes back, step 0 "
        "and steps up to int64 are all kept.",
        "primary keys and dicts by step, ORDER BY, `if step`, 32-bit columns, buffers and how "
        "they are flushed",
    ),
    Clause(
        "MET-4",
        "Values are kept",
        "With `float64` every float64 comes back exactly: -0.0, subnormals, NaN and both "
        "infinities. Without it zero and magnitudes from 1e-37 to 3e38 come back within a relative "
        "1e-6, and no point is lost.",
        "number formats (%g, round, float32 columns), NULL for NaN, JSON without NaN, == on floats",
    ),
    Clause(
        "MET-5",
        "Whatever behaves as a number is a number",
        "Values: anything with `__float__` is recorded as float(value). Steps: anything with "
        "`__index__`.",
        "isinstance checks: call float(value) and operator.index(step) instead",
    ),
    Clause(
        "MET-6",
        "Keys and splits come back as given",
        "Keys and splits of up to 250 characters from letters, digits, `_ . / -` and space come "
        "back as given. Any other text comes back as given or is refused with TypeError or "
        "ValueError; never altered.",
        "strip, lower, replace, normalize, column widths, case-insensitive comparison, file names "
        "made from keys",
    ),
    Clause(
        "MET-7",
        "A bad call records nothing",
        "A value that is no number, a key or split that is no str, a step that is no integer: "
        "TypeError or ValueError; nothing of that call is recorded, earlier records stand, and the "
        "store still works.",
        "whether every argument is checked before the first item is written; float('1.5') and "
        "int(1.5), which accept too much",
    ),
    Clause(
        "MET-8",
        "An empty dict records no point",
        "`log_metrics({}, step)` is no error and records no point.",
        "max()/min()/next() of an empty dict, rows written without values",
    ),
    Clause(
        "MET-9",
        "Metrics are the caller's own",
        "Arguments are not changed by the call, a thread or close, not even the identity or type "
        "of a value; changing them after the call changes nothing that was recorded.",
        "copy the dict and convert its values before the call returns",
    ),
    Clause(
        "HP-1",
        "Hyperparameters come back as JSON values",
        "Any JSON value comes back equal and of the same JSON type: true is not 1, an int stays an "
        "int, a tuple counts as a list. NaN and infinities come back as floats or as their names, "
        "or are refused with ValueError.",
        "str() or repr() of values, flattening of nested dicts, columns with one type, float(int)",
    ),
    Clause(
        "HP-2",
        "Repeated calls merge, shallow",
        "Repeated calls give the union of the top-level keys; a later value replaces an earlier "
        "one whole.",
        "dict.update against replace; a merge that descends; setdefault and INSERT OR IGNORE",
    ),
    Clause(
        "HP-3",
        "Bad hyperparameters record nothing",
        "A value with no JSON form or a top-level key that is no str is a TypeError or ValueError; "
        "nothing of that call is recorded, and earlier hyperparameters stand.",
        "json.dumps(default=str), json's own conversion of keys, files opened before encoding",
    ),
    Clause(
        "HP-4",
        "Hyperparameters are the caller's own",
        "Arguments are not changed, nested values included, and changing them after the call "
        "changes nothing that was recorded.",
        "copy deeply, or encode, before the call returns",
    ),
    Clause(
        "HP-5",
        "Hyperparameters may come at any time",
        "log_hyperparams may be called before, between and after metrics.",
        "headers written at the first row, state that the first call freezes",
    ),
    Clause(
        "ART-1",
        "Artifacts are recorded as given, in order",
        "Name, path and kind are recorded as given and in order; the same name again is one more "
        "entry.",
        "dicts by name, os.path functions, column widths, defaults for kind",
    ),
    Clause(
        "ART-2",
        "An artifact is a pointer",
        "The path need not exist, and is never opened, moved, resolved or deleted.",
        "os.path.exists, open, shutil, Path.resolve",
    ),
    Clause(
        "CL-1",
        "After close the log is complete",
        "After close a fresh reader finds exactly what was logged, each record once, and still "
        "does after the instance was garbage-collected.",
        "the last buffer, joins with a timeout, __del__ and atexit handlers that write again",
    ),
    Clause(
        "CL-2",
        "Closing again is harmless",
        "Closing again is no error and changes nothing; closing without a write is no error.",
        "a flag set by the first close and looked at first; things that only a write creates",
    ),
    Clause(
        "CL-3",
        "A closed store refuses to write",
        "After close each of the four write methods raises, even for an empty dict, and records "
        "nothing.",
        "the check for closed, first in each of the four methods, before any early return",
    ),
    Clause(
        "CL-4",
        "Close releases what the store opened",
        "Close releases threads, file descriptors, sockets and child processes.",
        "thread.join, file.close, session.close, process.wait; what __init__ opened before it "
        "failed",
    ),
    Clause(
        "MUX-1",
        "It records the same as a child",
        "As a child of multiplex, or of any object whose methods hand the call on, a store records "
        "what it would record alone.",
        "the caller's frame, the identity of arguments, positional against keyword arguments",
    ),
    Clause(
        "MUX-2",
        "Every child gets every call",
        "Every child gets every call, with equal arguments, in order, whatever another child does, "
        "on writes and on close.",
        "a loop that ends at the first exception; one dict handed to all children",
        "composite",
    ),
    Clause(
        "CAP-SPLIT",
        "The split is kept",
        "Every point comes back under the split of its call.",
        "the split of the previous call, a default that wins, a reader that forgets it",
        "split",
    ),
    Clause(
        "CAP-RESUME",
        "A new instance continues the log",
        "After the earlier instance was closed, a new one at the same destination continues: "
        "everything earlier stays, once and in order, also when the new one logs nothing; "
        "hyperparameters merge with those already there.",
        "mode 'w', DROP/CREATE TABLE, counters that start at 0 again, state rewritten from memory",
        "resume",
    ),
    Clause(
        "CAP-CRASH",
        "A returned call survives SIGKILL",
        "What a returned call wrote survives a killed process; the call under way may be there "
        "wholly, in part or not at all, and harms no other record.",
        "user-space buffers, queues, transactions left open, torn lines at the end of a file",
        "crash",
    ),
    Clause(
        "CAP-THREADS",
        "Threads lose, tear and double nothing",
        "Concurrent calls lose, tear and duplicate nothing, and each thread's order is kept; when "
        "close races writes, a write that returned is recorded and one that raised is not.",
        "a lock around check and write and around close; iteration over a dict that grows",
        "threads",
    ),
    Clause(
        "CAP-PROC",
        "Processes lose, tear and double nothing",
        "Concurrent calls of several processes at one destination lose, tear and duplicate "
        "nothing, and each process's order is kept.",
        "O_APPEND and one write a row, file locks, read-modify-write of whole files",
        "processes",
    ),
    Clause(
        "CAP-FORK",
        "A forked child does no harm",
        "A forked child that exits leaves the parent's records and open instance unharmed; a write "
        "in the child is recorded once or raises; nothing hangs.",
        "buffers inherited and flushed twice, threads that do not exist in the child, held locks",
        "fork",
    ),
)

BY_ID: Final = {clause.id: clause for clause in CLAUSES}
