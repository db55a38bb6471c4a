"""What a log call costs, beside other loggers and beside the least that it could cost.

``make bench`` runs it. A *subject* (``subject.py``) is one way to log: a store of this project
(``own.py``), another logger (``peers/``), or a *floor* (``floors.py``), the least work that leaves
the same bytes on the disk. A *section* (``sections/``) measures one thing about subjects, in child
processes (``processes.py``), and makes a table of it. ``measures.py`` holds the figures against
what the project promises itself, and ``document.py`` puts all of it into docs/benchmarks.md.
"""
