"""Other loggers, each in a module of its own.

A peer is imported by name when it is opened, so that this package needs none of them: not to be
imported, and not for the type checkers, which see ``Any`` there.
"""
