"""Helpers that several layers share: undissected bytes, and bit fields as Wireshark draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step

if TYPE_CHECKING:
    from tcptui.protocols.headers.frame_bytes import FrameBytes

#: Most bytes that Wireshark shows of a byte string.
_SHOWN: Final = 36


def shortened(raw: bytes) -> str:
    """The bytes in hexadecimal, cut where Wireshark cuts them."""
    return raw[:_SHOWN].hex() + ("…" if len(raw) > _SHOWN else "")


def data_step(start: int, source: FrameBytes) -> Step | None:
    """The step that shows the rest of ``source`` as bytes; None when nothing is left."""
    return Step(Protocol.DATA, start, source) if start < source.captured_end() else None


def read_data(dissection: Dissection, step: Step) -> None:
    """Append a data layer with the rest of the bytes."""
    start = step.start
    captured = step.source.captured_end()
    if start >= captured:
        return
    length = step.source.end - start
    layer = dissection.layer(f"Data ({length} byte{'' if length == 1 else 's'})", start, length, "data")
    dissection.protocols.append("data")
    raw = step.source.data[start:captured]
    layer.add(f"Data: {shortened(raw)}", start, len(raw), "data.data")
    layer.concluded(f"Length: {length}", "data.len")


def bit_pattern(value: int, mask: int, width: int) -> str:
    """The bits of a ``width``-bit ``value`` in groups of four, with a dot for each bit outside ``mask``.

    The groups begin at the highest bit, also where ``width`` is no multiple of four.
    """
    drawn = ""
    for position in range(width):
        if position and position % 4 == 0:
            drawn += " "
        bit = 1 << (width - 1 - position)
        drawn += "." if not mask & bit else "1" if value & bit else "0"
    return drawn


def bits_label(value: int, mask: int, width: int, text: str) -> str:
    """``bit_pattern`` and the meaning: ``"0100 .... = Version: 4"``."""
    return f"{bit_pattern(value, mask, width)} = {text}"
