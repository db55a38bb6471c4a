"""The error of an adapter whose library can't be imported."""

__all__ = ["missing_library"]


def missing_library(adapter: str, library: str, packages: str, error: ImportError) -> ImportError:
    """The error that says which library an adapter needs, and how to install it.

    Args:
        adapter: The name of the adapter's module.
        library: What it needs, in words.
        packages: What ``pip install`` takes in a shell.
        error: What importing the library raised.
    """
    return ImportError(
        f"{adapter} needs {library}, which can't be imported ({error}). Install it with:\n\n"
        f"    pip install {packages}\n",
        name=error.name,
        path=error.path,
    )
