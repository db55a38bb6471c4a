"""``python -m evsys_sdk``: the ``evsys`` command."""

from evsys_sdk.command import main

if __name__ == "__main__":  # a process that it starts imports this module too
    raise SystemExit(main())
