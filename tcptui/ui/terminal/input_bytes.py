"""Bytes from the keyboard that are no UTF-8.

A terminal of another character set sends them for a letter, one with eight-bit meta keys for Alt, and a paste
may hold anything.  Textual's driver (8.2.8) decodes strictly: one such byte ends its reading thread and
with it the app, and a capture that was not kept.  Here it becomes U+FFFD, a key that means nothing.
"""

from __future__ import annotations

import codecs
from functools import partial
from typing import Any

from textual.drivers import linux_driver


def accept_any_bytes() -> None:
    """Have the driver of an app made from now on take any bytes.  Idempotent."""
    driver: Any = linux_driver  # its reading thread looks the decoder up in there
    driver.getincrementaldecoder = _forgiving


def _forgiving(encoding: str) -> Any:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")
