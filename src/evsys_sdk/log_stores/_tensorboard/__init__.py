"""The parts of the tensorboard store, a module each.

::

    tfrecord          one event as a record of a file, and the records of a file
    scalars           the event of a metrics call, packed by hand
    messages          all other events, built with TensorBoard's own messages
    parsing           events of any writer, from bytes to scalars, texts and hyperparameters
    texts             hyperparameters and artifacts as the Text tab shows them
    event_file        the event file that one process writes
    reading           the events of a file, and the run log of all event files in a directory
    optional_imports  the modules of TensorBoard, or an error that says how to install it
"""
