"""What happens to machines, done to the stores, and counted afterwards.

Each case does one thing to one store, in a separate process, and compares what returned calls
wrote with what is found. ``pytest`` runs all of them in a short form, ``make torture`` at full
length; the latter writes its table into ``docs/durability.md``.

::

    case            what a case is, and the list of them
    running         a case in a separate process, or all of them
    report          the table
    stores          the stores under test: opened, read back, read by the tools of others
    mixed_run       a run that uses every method; which of its calls returned, and what is found
    children        forked processes that log, and are killed
    cases/          the cases, one module per kind of fault
"""
