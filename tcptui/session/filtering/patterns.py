"""Searches for regular expressions within bounded time, whatever the expression.

Python's engine tries one way after another, cannot be stopped, and nothing else in the process runs meanwhile.  So an
expression that repeats anything, or leaves many choices, is searched for by `regex`, which takes a time limit: at first
a short one; where that ends, the value gets `LONGEST` by a thread of its own, which does without the interpreter.  Who
cancels does not wait for that thread: it ends by itself.
"""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import numpy as np

from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.session.filtering.cancelling import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: Seconds of processor time that one value may take: a stop (Ctrl-Z) or a busy machine is not the expression's fault.
LONGEST: Final = 1.0
#: Seconds of processor time in which nearly every value is searched; no other thread runs meanwhile.
_SHORT: Final = 0.005
#: Bytes of the longest value for that: `regex` looks at its clock after so many steps, each as long as a value may be.
_SHORT_VALUE: Final = 1 << 16
#: `regex` counts the processor time of all threads, so one thread's `LONGEST` takes as much, and some for the others.
_ALL_THREADS: Final = 1.25
#: How often somebody is asked whether he cancels, in seconds.
_ASK_EVERY: Final = 0.05
#: Each place with a choice, such as ``a?`` or ``(a|aa)``, multiplies the ways to try by two or more.
_MOST_CHOICES: Final = 4
_REPEATS: Final = re.compile(rb"(?<!\\)(?:\\\\)*[*+{]")
_OPTIONAL: Final = re.compile(rb"(?<!\\)(?:\\\\)*[^(]\?")
_BRANCH: Final = re.compile(rb"(?<!\\)(?:\\\\)*\|")
#: A class of all bytes but one, as `tcptui.dfilter.regex` writes it.
_ALL_BUT_ONE: Final = re.compile(rb"\[\^(\\x[0-9a-f]{2}|\\[nrt]|[0-9A-Za-z-])\]")


class _Search(Protocol[T_co]):
    """A search of one value by `regex`, which raises TimeoutError after ``timeout`` seconds of processor time."""

    def __call__(self, *, timeout: float, concurrent: bool) -> T_co: ...


def is_harmless(pattern: re.Pattern[bytes]) -> bool:
    """Whether a search takes about as long as its value is; told by the text, so some that are harmless are not."""
    text = pattern.pattern
    # Without a group all branches are of the whole expression: their ways add up.
    branches = len(_BRANCH.findall(text)) if b"(" in text else 0
    return _REPEATS.search(text) is None and len(_OPTIONAL.findall(text)) + branches <= _MOST_CHOICES


def contains(pattern: re.Pattern[bytes], values: list[bytes], cancelled: Callable[[], bool]) -> NDArray[np.bool_]:
    """In which of ``values`` ``pattern`` finds something.

    Raises Cancelled, and FilterError where a value takes too long.
    """
    if is_harmless(pattern):
        return np.fromiter((pattern.search(value) is not None for value in values), np.bool_, len(values))
    search = _bounded(pattern).search

    def found(value: bytes) -> bool:
        def attempt(*, timeout: float, concurrent: bool) -> bool:
            return search(value, timeout=timeout, concurrent=concurrent) is not None

        return _within_limit(attempt, len(value), cancelled)

    return np.fromiter((found(value) for value in values), np.bool_, len(values))


def spans(
    pattern: re.Pattern[bytes], values: list[bytes], begins: list[int], cancelled: Callable[[], bool]
) -> list[list[tuple[int, int]]]:
    """Where in each of ``values`` ``pattern`` is, from its place of ``begins`` on: begin and end of each match.

    Matches do not overlap; those of no byte are left out.  Raises as `contains`.
    """
    if is_harmless(pattern):
        return [
            [match.span() for match in pattern.finditer(value, begin) if match.end() > match.start()]
            for value, begin in zip(values, begins, strict=True)
        ]
    finditer = _bounded(pattern).finditer

    def found(value: bytes, begin: int) -> list[tuple[int, int]]:
        def attempt(*, timeout: float, concurrent: bool) -> list[tuple[int, int]]:
            matches = finditer(value, begin, timeout=timeout, concurrent=concurrent)
            return [match.span() for match in matches if match.end() > match.start()]

        return _within_limit(attempt, len(value), cancelled)

    return [found(value, begin) for value, begin in zip(values, begins, strict=True)]


def _bounded(pattern: re.Pattern[bytes]) -> Any:
    """``pattern`` compiled by `regex`, which keeps those that it compiled last."""
    import regex  # three times as long to import as `re`, and few captures are searched

    text = pattern.pattern
    if b"|" in text and len(set(_ALL_BUT_ONE.findall(text))) > 1:
        # regex 2026.11 takes ``(?:[^a]|[^b])`` for ``[^ab]``.
        text = _ALL_BUT_ONE.sub(rb"(?:(?!\1)[\\x00-\\xff])", text)
    return regex.compile(text, regex.IGNORECASE | regex.VERSION0)


def _within_limit(search: _Search[T], length: int, cancelled: Callable[[], bool]) -> T:
    """What ``search`` finds in a value of ``length`` bytes.  Raises as `contains`."""
    if cancelled():
        raise Cancelled
    if length <= _SHORT_VALUE:
        with suppress(TimeoutError):
            return search(timeout=_SHORT, concurrent=False)
    return _in_a_thread(search, cancelled)


def _in_a_thread(search: _Search[T], cancelled: Callable[[], bool]) -> T:
    """As `_within_limit`, for a search that takes long."""
    future: Future[T] = Future()
    is_wanted = True

    def run() -> None:
        timeout = LONGEST * _ALL_THREADS
        while is_wanted:
            begin = time.thread_time()
            try:
                future.set_result(search(timeout=timeout, concurrent=True))
            except TimeoutError:
                if time.thread_time() - begin < LONGEST:
                    timeout *= 2  # other threads had a part of it
                    continue
                future.set_exception(FilterError(Mistake.PATTERN_SLOW, Span(0, 0), seconds=LONGEST))
            except Exception as error:  # noqa: BLE001 - the thread's boundary: whoever waits raises it
                future.set_exception(error)
            return

    threading.Thread(target=run, name="pattern", daemon=True).start()
    while True:
        try:
            return future.result(_ASK_EVERY)
        except TimeoutError:
            if cancelled():
                is_wanted = False
                raise Cancelled from None
