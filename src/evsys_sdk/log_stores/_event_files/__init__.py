"""Event files, as TensorBoard reads them: what the tensorboard store writes and reads back.

From the bytes up: ``records`` frames one event and walks a file of them, ``scalars`` packs the
event of a metrics call by hand, ``messages`` builds and parses all other events with TensorBoard's
own messages, ``texts`` is the form of hyperparameters and artifacts in the Text tab, ``event_file``
is the file that one process writes, and ``reading`` makes a run log of all files of a directory.
"""
