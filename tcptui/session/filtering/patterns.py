"""Searches for regular expressions within bounded time, whatever the expression.

Python's engine tries one way after another and cannot be stopped, and nothing else in the process runs meanwhile.  So
an expression that repeats anything, or leaves many choices, is given to a process of its own: a value that takes longer
than `LONGEST` ends that process, by a timer of its own, and the filter with a message.  Somebody who cancels ends it at
once.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.model.how_ended import how_ended
from tcptui.model.stall import StallWatch
from tcptui.session.filtering.cancelling import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from numpy.typing import NDArray

T = TypeVar("T")
#: Reads so many bytes of an answer.
Answer = Callable[[int], bytes]

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

#: The other process: reads batches, answers with a byte a value, or with all places in it: how many of each value, then
#: where each begins and ends.  It knows nothing but `re`, so it starts quickly.
_PROGRAM: Final = """
import re, signal, struct, sys
signal.signal(signal.SIGPROF, signal.SIG_DFL)
source, sink = sys.stdin.buffer, sys.stdout.buffer
size, = struct.unpack("<I", source.read(4))
pattern = re.compile(source.read(size), re.IGNORECASE)
search = pattern.search
while head := source.read(8):
    count, wants_places = struct.unpack("<II", head)
    numbers = struct.unpack(f"<{2 * count}I", source.read(8 * count))
    values = [source.read(length) for length in numbers[:count]]
    found, counts, places = bytearray(), [], []
    for value, begin in zip(values, numbers[count:]):
        signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))
        if wants_places:
            spans = [match.span() for match in pattern.finditer(value, begin) if match.end() > match.start()]
            counts.append(len(spans))
            places += [place for span in spans for place in span]
            continue
        found.append(search(value) is not None)
    signal.setitimer(signal.ITIMER_PROF, 0)
    sink.write(struct.pack(f"<{len(counts)}I", *counts))
    sink.write(struct.pack(f"<{len(places)}I", *places) if wants_places else found)
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
        found = []
        for batch in _batches(values):

            def read(answer: Answer, size: int = len(batch)) -> bytes:
                return answer(size)

            found.append(self._asked(pattern, batch, [0] * len(batch), cancelled, read))
        return np.frombuffer(b"".join(found), np.bool_)

    def spans(
        self, pattern: re.Pattern[bytes], values: list[bytes], begins: list[int], cancelled: Callable[[], bool]
    ) -> list[list[tuple[int, int]]]:
        """Where in each of ``values`` ``pattern`` is, from its place of ``begins`` on: begin and end of each match.

        Matches do not overlap; those of no byte are left out.  Raises as `searched`.
        """
        if is_harmless(pattern):
            return [
                [match.span() for match in pattern.finditer(value, begin) if match.end() > match.start()]
                for value, begin in zip(values, begins, strict=True)
            ]
        found: list[list[tuple[int, int]]] = []
        for batch in _batches(values):
            part = begins[len(found) : len(found) + len(batch)]

            def read(answer: Answer, size: int = len(batch)) -> list[list[tuple[int, int]]]:
                counts = struct.unpack(f"<{size}I", answer(4 * size))
                places = struct.iter_unpack("<II", answer(8 * sum(counts)))
                return [list(islice(places, count)) for count in counts]

            found += self._asked(pattern, batch, part, cancelled, read, wants_places=True)
        return found

    def _asked(
        self, pattern: re.Pattern[bytes], values: list[bytes], begins: list[int], cancelled: Callable[[], bool],
        read: Callable[[Answer], T], *, wants_places: bool = False,
    ) -> T:  # fmt: skip
        """What ``read`` makes of the other process's answer about ``values``."""
        process = self._processes.get(pattern.pattern)
        if process is None:
            process = self._processes[pattern.pattern] = _begun(pattern.pattern)
        source = process.stdout
        assert process.stdin is not None
        assert source is not None
        stall = StallWatch(process.pid)
        try:
            with contextlib.suppress(BrokenPipeError):
                numbers = (len(values), wants_places, *map(len, values), *begins)
                _write(process.stdin.fileno(), struct.pack(f"<{len(numbers)}I", *numbers), stall, cancelled)
                _write(process.stdin.fileno(), b"".join(values), stall, cancelled)
            return read(lambda size: _answer(source, size, stall, cancelled))
        except Cancelled:
            _end(self._processes.pop(pattern.pattern))
            raise
        except (EOFError, _StalledError):
            raise _ended(self._processes.pop(pattern.pattern)) from None


def _begun(pattern: bytes) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _PROGRAM, str(LONGEST)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(struct.pack("<I", len(pattern)) + pattern)
    process.stdin.flush()
    os.set_blocking(process.stdin.fileno(), False)
    return process


class _StalledError(Exception):
    """The other process does nothing any more."""


def _write(descriptor: int, data: bytes, stall: StallWatch, cancelled: Callable[[], bool]) -> None:
    rest, poll = memoryview(data), select.poll()
    poll.register(descriptor, select.POLLOUT)
    while rest:
        if poll.poll(_ASK_EVERY * 1000):  # POLLERR where it has ended, too
            rest = rest[os.write(descriptor, rest) :]
            stall.reset()
        elif cancelled():
            raise Cancelled
        elif stall.has_stalled():
            raise _StalledError


def _answer(source: IO[bytes], size: int, stall: StallWatch, cancelled: Callable[[], bool]) -> bytes:
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
            stall.reset()
        elif stall.has_stalled():
            raise _StalledError
    return found


def _ended(process: subprocess.Popen[bytes]) -> FilterError:
    """What is said of ``process``, which has closed its output, so is ending by itself, or does nothing any more."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING)
    _end(process)
    if process.returncode == -signal.SIGPROF:
        return FilterError(Mistake.PATTERN_SLOW, Span(0, 0), seconds=LONGEST)
    return FilterError(Mistake.PATTERN_ENDED, Span(0, 0), how=how_ended(process.returncode or 0))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    with contextlib.suppress(subprocess.TimeoutExpired):  # it was killed, but may wait for a disk
        process.wait(_ENDING)


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
