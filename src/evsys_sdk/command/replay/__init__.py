"""``evsys replay``: a log, written into any other store.

::

    command     the arguments, and the report at the end
    transfer    the log on its way into one store
    target      a store that is written to
    progress    the file that records the progress of a replay
"""
