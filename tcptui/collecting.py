"""The cyclic garbage collector, kept from stopping the screen.

A full collection looks at every object there is.  With the compiler and the header tree's library imported that
takes a tenth of a second, in which no key is answered, and importing alone sets off several.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def imports_kept() -> Iterator[None]:
    """No collections inside; what was made there stays for good, and later collections do not look at it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
