"""Other loggers, one module each.

A peer is imported by name when it is opened, so that this package needs none of them: not to be
imported, and not for the type checkers, which see ``Any`` there.
"""
