"""The cyclic garbage collector, kept from stopping the screen.

A full collection looks at every object there is.  With the compiler and the header tree's library imported that
takes a tenth of a second, in which no key is answered, and importing alone sets off several.
"""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


_lock: Final = threading.Lock()
_inside: list[bool] = []
"""For each that is inside: whether there were collections when it came."""


@contextmanager
def imports_kept() -> Iterator[None]:
    """No collections inside; what was made there stays for good, and later collections do not look at it.

    One may be inside another, or in another thread at the same time: the last one to leave has them begin again.
    """
    with _lock:
        _inside.append(gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            gc.freeze()
            if len(_inside) > 1:
                _inside.pop()  # the first one stays, which knows how it was
            elif _inside.pop():
                gc.enable()


def give_back() -> None:
    """Take back what was kept with imports and is of no use any more, such as a capture that is over.

    That is a collection of everything: for moments when there is no screen.
    """
    with _lock:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
