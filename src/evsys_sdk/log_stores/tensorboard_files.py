"""The event files of a TensorBoard log, for tools that read more than the rows that are sound.

:meth:`TensorBoardLogStore.read_run` is for programs that want a run. A tool that shows a log or
copies it reads it event by event, and wants to know which records are damaged::

    documents = Documents()
    for event in EventReader(path, on_damage=print):
        documents.add(event)
        if event.scalars:
            row = row_of(event)
"""

from evsys_sdk.log_stores._tensorboard.parsing import Event
from evsys_sdk.log_stores._tensorboard.reading import Documents, EventReader, left_out, row_of

__all__ = ["Documents", "Event", "EventReader", "left_out", "row_of"]
