"""When a stream that grows is looked at again, and by whom."""

from __future__ import annotations

from typing import Final

#: A stream is looked at again once it has grown by this share: total work stays linear.
REGROWTH: Final = 2
#: Longer streams are annotated by the worker only, never while a key waits for its repaint.
PROMPT_SEGMENTS: Final = 20_000
