"""When a growing stream is judged again, and in which thread."""

from __future__ import annotations

from typing import Final

#: A stream is judged again once it has more than this many times the segments of last time: total work stays linear.
REGROWTH: Final = 2
#: Streams with more segments are judged by the worker only, never while the screen waits for a key press's redraw.
PROMPT_SEGMENTS: Final = 20_000
