"""``python -m evsys_sdk``: the ``evsys`` command."""

from evsys_sdk.cli import main

raise SystemExit(main())
