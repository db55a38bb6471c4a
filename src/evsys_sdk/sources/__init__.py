"""Runs of any format, as ``evsys show`` and ``evsys replay`` read them.

::

    opening          from a path to its sources
    formats          the formats, and the files that each is known by
    errors           the error for a path without a log
    source           what all sources have in common, such as the names of a step
    findings         damage and what is left out, as messages
    compression      files that have to be unpacked first
    packed           rows in the form in which curves are gathered
    jsonl            the files of a JSONL log
    jsonl_decoder    the rows of a metrics file that repeat their keys, decoded fast
    flat_rows        rows of other JSONL writers, with their metrics beside the step
    event_files      TensorBoard's event files, of any writer
    metrics_csv      metrics.csv of Lightning's CSVLogger
    trainer_state    trainer_state.json of the Hugging Face Trainer
    readable_store   any store that has read_run

A source is one run. Its rows are read as a stream, file by file, from any place on::

    for source in open_sources("logs"):
        for path in source.files():
            for number, end, row in source.rows(path, Findings(path)):
                ...
"""
