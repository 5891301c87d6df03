"""``python -m tcptui`` and the ``tcptui`` script."""

from __future__ import annotations

import sys

from tcptui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
