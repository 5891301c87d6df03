"""Searches for regular expressions within bounded time, whatever the expression.

Python's engine tries one way after another and cannot be stopped, and nothing else in the process runs meanwhile.  So
an expression that repeats anything, or leaves many choices, is given to a process of its own: a value that takes longer
than `LONGEST` ends that process, by a timer of its own, and the filter with a message.  Somebody who cancels ends it at
once.
"""

from __future__ import annotations

import contextlib
import re
import select
import signal
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.session.how_ended import how_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from numpy.typing import NDArray

#: Seconds of processor time that one value may take: a stop (Ctrl-Z) or a busy machine is not the expression's fault.
LONGEST: Final = 1.0
#: Values and bytes that are searched before the answer is asked for.
_VALUES, _BYTES = 4_096, 8 << 20
#: How often somebody is asked whether he cancels, in seconds.
_ASK_EVERY: Final = 0.05
#: How long is waited for the end of a process that has closed its output, in seconds.
_ENDING: Final = 1.0
#: Each place with a choice, such as ``a?`` or ``(a|aa)``, multiplies the ways to try by two or more.
_MOST_CHOICES: Final = 4
_REPEATS: Final = re.compile(rb"(?<!\\)(?:\\\\)*[*+{]")
_OPTIONAL: Final = re.compile(rb"(?<!\\)(?:\\\\)*[^(]\?")
_BRANCH: Final = re.compile(rb"(?<!\\)(?:\\\\)*\|")

#: The other process: reads batches, answers with a byte a value.  It knows nothing but `re`, so it starts quickly.
_PROGRAM: Final = """
import re, signal, struct, sys
signal.signal(signal.SIGPROF, signal.SIG_DFL)
source, sink = sys.stdin.buffer, sys.stdout.buffer
size, = struct.unpack("<I", source.read(4))
search = re.compile(source.read(size), re.IGNORECASE).search
while head := source.read(4):
    count, = struct.unpack("<I", head)
    lengths = struct.unpack(f"<{count}I", source.read(4 * count))
    values = [source.read(length) for length in lengths]
    found = bytearray()
    for value in values:
        signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))
        found.append(search(value) is not None)
    signal.setitimer(signal.ITIMER_PROF, 0)
    sink.write(found)
    sink.flush()
"""


def is_harmless(pattern: re.Pattern[bytes]) -> bool:
    """Whether a search takes about as long as its value is; told by the text, so some that are harmless are not."""
    text = pattern.pattern
    # Without a group all branches are of the whole expression: their ways add up.
    branches = len(_BRANCH.findall(text)) if b"(" in text else 0
    return _REPEATS.search(text) is None and len(_OPTIONAL.findall(text)) + branches <= _MOST_CHOICES


class PatternSearch:
    """Searches values for patterns; a context that ends the processes it began."""

    def __init__(self) -> None:
        self._processes: dict[bytes, subprocess.Popen[bytes]] = {}

    def close(self) -> None:
        """End the other processes."""
        for process in self._processes.values():
            _end(process)
        self._processes.clear()

    def searched(
        self, pattern: re.Pattern[bytes], values: list[bytes], cancelled: Callable[[], bool]
    ) -> NDArray[np.bool_]:
        """In which of ``values`` ``pattern`` finds something.

        Raises Cancelled, and FilterError where a value takes too long.
        """
        if is_harmless(pattern):
            return np.fromiter((pattern.search(value) is not None for value in values), np.bool_, len(values))
        found = [self._batch(pattern, batch, cancelled) for batch in _batches(values)]
        return np.frombuffer(b"".join(found), np.bool_)

    def _batch(self, pattern: re.Pattern[bytes], values: list[bytes], cancelled: Callable[[], bool]) -> bytes:
        process = self._processes.get(pattern.pattern)
        if process is None:
            process = self._processes[pattern.pattern] = _begun(pattern.pattern)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(struct.pack(f"<{len(values) + 1}I", len(values), *map(len, values)))
                process.stdin.write(b"".join(values))
                process.stdin.flush()
            return _answer(process.stdout, len(values), cancelled)
        except Cancelled:
            _end(self._processes.pop(pattern.pattern))
            raise
        except EOFError:
            raise _ended(self._processes.pop(pattern.pattern)) from None


def _begun(pattern: bytes) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _PROGRAM, str(LONGEST)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(struct.pack("<I", len(pattern)) + pattern)
    return process


def _answer(source: IO[bytes], size: int, cancelled: Callable[[], bool]) -> bytes:
    found, poll = b"", select.poll()
    poll.register(source, select.POLLIN)
    while len(found) < size:
        if cancelled():
            raise Cancelled
        if poll.poll(_ASK_EVERY * 1000):  # POLLHUP at its end, too
            part = source.read1(size - len(found))  # type: ignore[attr-defined]  # a buffered reader
            if not part:
                raise EOFError
            found += part
    return found


def _ended(process: subprocess.Popen[bytes]) -> FilterError:
    """What is said of ``process``, which has closed its output: it is ending by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING)
    _end(process)
    if process.returncode == -signal.SIGPROF:
        return FilterError(Mistake.PATTERN_SLOW, Span(0, 0), seconds=LONGEST)
    return FilterError(Mistake.PATTERN_ENDED, Span(0, 0), how=how_ended(process.returncode))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    process.wait()


def _batches(values: list[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for value in values:
        batch.append(value)
        size += len(value)
        if len(batch) >= _VALUES or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
