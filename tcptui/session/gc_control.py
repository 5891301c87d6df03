"""Keeps Python's cyclic garbage collector from blocking the screen.

A full collection visits every object.  With the compiler and the header tree's library imported that takes a tenth
of a second, during which no key press is handled, and importing alone triggers several.
"""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


#: New objects after which young ones are collected; Python's default of 700 takes a fifth of the time of all requests.
_SELDOM: Final = 100_000

_lock: Final = threading.Lock()
_inside: list[bool] = []
"""Per caller inside `gc_paused_and_frozen`: whether the collector was enabled when it entered."""


@contextmanager
def gc_paused_and_frozen() -> Iterator[None]:
    """No garbage collections inside; once modules were imported, objects alive at the end are frozen (gc.freeze).

    Later collections ignore these.  Where nothing was imported, nothing is frozen: of a second capture in one process
    all stays collectable.  May be nested, and used by several threads at once: the last one to leave enables the
    collector again.
    """
    known = len(sys.modules)
    with _lock:
        _inside.append(gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            if len(sys.modules) > known:
                gc.freeze()
            if len(_inside) > 1:
                _inside.pop()  # keep the first entry: the state before all of them
            elif _inside.pop():
                gc.enable()


def collect_seldom() -> None:
    """From now on collect once `_SELDOM` objects are new: for a command that makes millions that stay until its end."""
    gc.set_threshold(_SELDOM)


def give_back() -> None:
    """Collect garbage among the frozen objects, too, such as a closed capture's.

    This is a full collection of everything: call it when there is no screen.
    """
    with _lock:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
