"""The error for a path without a log."""

__all__ = ["SourceError"]


class SourceError(Exception):
    """There is nothing to read, or it is not clear what to read."""
