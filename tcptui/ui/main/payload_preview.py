"""A preview of a packet's payload: its beginning as one short line."""

from __future__ import annotations

from typing import Final

from tcptui.model.safe_text import safe_text
from tcptui.protocols.summaries import summary_of

_LOOKED_AT: Final = 64
#: A payload is shown as text when at least this share (percent) of its first `_LOOKED_AT` bytes is printable.
_TEXT_SHARE: Final = 85
#: The beginning of a text is looked for in so many bytes.
_SKIPPED: Final = 1024


def preview(payload: bytes, width: int, ellipsis: str = "…") -> str:
    """What a protocol says of it, the beginning of a text, or the first bytes in hexadecimal, in ``width`` characters.

    Of a text blank space before it is left out, and any other stands for one blank; ``ellipsis`` ends what is cut.
    """
    head = payload[:_LOOKED_AT]
    if not head or width < 4:
        return ""
    summary = summary_of(payload)
    if summary:
        return _fitted(safe_text(summary, width + 1), width, ellipsis)
    words = payload[:_SKIPPED].split()
    printable = sum(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in head)
    if words and printable * 100 >= _TEXT_SHARE * len(head):
        return _fitted(safe_text(b" ".join(words), width + 1), width, ellipsis)
    whole = head.hex(" ")
    if len(payload) == len(head) and len(whole) <= width:
        return whole
    return head[: max(1, (width - len(ellipsis)) // 3)].hex(" ") + " " + ellipsis


def _fitted(text: str, width: int, ellipsis: str) -> str:
    return text if len(text) <= width else text[: width - len(ellipsis)].rstrip() + ellipsis
