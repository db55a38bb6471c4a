"""The parts of the background store.

::

    delivery        the queue, the thread that hands its calls to the child, and the counts
    losses          the calls that the child did not get, until an error reports them
    calls           a call as data, and how it is made
    device_values   numbers that a device still computes: a copy now, the value in the thread
    exiting         what happens to queues when the interpreter exits
"""
