"""Writes pages for a browser, to a file or to standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.slicing.sink import Sink
from tcptui.cli.commands import STANDARD_STREAM
from tcptui.cli.run.load import require_unchanged
from tcptui.cli.signals import signals_unwind
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.access.open_capture import OpenCapture
    from tcptui.capture.output import Replaceable
    from tcptui.words.catalogue import Words


def write_page(
    name: str, pieces: Iterable[str], captures: Sequence[OpenCapture], may_replace: Replaceable, words: Words
) -> None:  # fmt: skip
    """Write the page about ``captures`` to the file ``name``, or to standard output for `STANDARD_STREAM`.

    Raises TcptuiError; a file is there as a whole or not at all.
    """
    to_stdout = name == STANDARD_STREAM
    sys.stdout.flush()
    descriptor = sys.stdout.fileno() if to_stdout else None
    with signals_unwind(), Sink(Path(name), may_replace, descriptor=descriptor) as sink:
        for piece in pieces:
            sink.write(piece.encode("utf-8", "replace"))
        for capture in captures:
            require_unchanged(capture)
    if not to_stdout:
        say(words("page.written", file=safe_text(name)), words)
