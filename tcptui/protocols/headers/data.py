"""Lines that several layers share: bytes that nothing explains, and single bits as Wireshark draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step

if TYPE_CHECKING:
    from tcptui.protocols.headers.frame_bytes import FrameBytes

#: Wireshark shows so many bytes of a longer run.
_SHOWN: Final = 36


def shortened(raw: bytes) -> str:
    """The bytes as digits, cut where Wireshark cuts them."""
    return raw[:_SHOWN].hex() + ("…" if len(raw) > _SHOWN else "")


def data_step(start: int, source: FrameBytes) -> Step | None:
    """Show what is left of ``source`` as bytes; nothing when nothing is left."""
    return Step(Protocol.DATA, start, source) if start < source.captured_end() else None


def read_data(dissection: Dissection, step: Step) -> None:
    """The rest of the layer's bytes, as they are."""
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
    """The bits of ``mask`` out of a ``width``-bit ``value``, dots elsewhere, in groups of four.

    A field that is not a multiple of four bits wide is grouped from its first bit.
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
