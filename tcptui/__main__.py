"""``python -m tcptui`` and the ``tcptui`` script."""

from __future__ import annotations

import os
import sys

from tcptui import __version__


def main() -> int:
    """Run the program with the process's arguments; returns the exit code (`tcptui.cli.main`)."""
    if sys.argv[1:] == ["--version"] and _wrote(f"tcptui {__version__}\n"):
        return 0
    from tcptui.cli.main import main as run

    return run()


def _wrote(line: str) -> bool:
    """Whether ``line`` is on standard output; the ordinary way says why it could not be written.

    Scripts ask for the version before each use: it comes without the modules that read a command line, which take five
    times as long as the interpreter itself.
    """
    try:
        return os.write(1, line.encode()) == len(line)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
