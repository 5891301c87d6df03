"""``python -m tcptui`` and the ``tcptui`` script."""

from __future__ import annotations

import atexit
import os
import signal
import sys

from tcptui.cli.version_text import version_text

#: Python's exit code where what was written last could not be.
_UNWRITTEN = 120


def main() -> int:
    """Run the program with the process's arguments; returns the exit code (`tcptui.cli.main`)."""
    if sys.argv[1:] == ["--version"] and _wrote(version_text()):
        return 0
    if raises := signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is to be put away, and amid an import an exception shows
    from tcptui.cli.main import main as run

    if raises:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


def _wrote(text: str) -> bool:
    """Whether ``text`` is on standard output; the ordinary way says why it could not be written.

    Scripts ask for the version before each use: it comes without the modules that read a command line, which take five
    times as long as the interpreter itself.
    """
    try:
        return os.write(1, text.encode()) == len(text)
    except OSError:
        return False


def program() -> None:
    """Run `main` as a process of its own, and end that.  Raises SystemExit."""
    code = 1

    def leave() -> None:
        """End at once: to take the interpreter apart first takes ten milliseconds, and more than time.

        Daemon threads go on meanwhile and end when they next need it; one that LLVM or NumPy had called back from C++
        aborts the process (Python 3.11 to 3.13).
        """
        status = code
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):  # None, gone, closed
                status = status or _UNWRITTEN
        os._exit(status)

    atexit.register(leave)  # the first: called last, when all others have put away what is theirs
    try:
        code = main()
    except SystemExit as ended:  # by a signal
        code = ended.code if isinstance(ended.code, int) else code
    sys.exit(code)


if __name__ == "__main__":
    program()
