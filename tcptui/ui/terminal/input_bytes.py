"""Keyboard input that is not valid UTF-8.

A terminal with another character set sends such bytes for letters, one with eight-bit meta keys for Alt, and a paste
may contain anything.  Textual's driver (8.2.8) decodes strictly: one such byte ends its input thread and with it the
app, and a capture that was not saved is lost.  Here the byte becomes U+FFFD, a key without a meaning.
"""

from __future__ import annotations

import codecs
from functools import partial
from typing import Any

from textual.drivers import linux_driver


def accept_any_bytes() -> None:
    """Have the drivers of apps that are made from now on decode with errors="replace".  Idempotent."""
    driver: Any = linux_driver  # its input thread looks the decoder up in this module
    driver.getincrementaldecoder = _forgiving


def _forgiving(encoding: str) -> Any:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")
