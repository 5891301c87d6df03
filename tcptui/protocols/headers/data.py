"""Helpers that several layers share: undissected bytes, and bit fields as Wireshark draws them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.dissected_ports import has_tcp_dissector, has_udp_dissector

if TYPE_CHECKING:
    from tcptui.protocols.headers.frame_bytes import FrameBytes

#: Most bytes that Wireshark shows of a byte string.
_SHOWN: Final = 36
#: Bit patterns that are kept: every packet has a dozen, the same ones again and again.
_PATTERNS: Final = 4096
_FIELDS: Final = ("data", "data.data", "data.len")


def shortened(raw: bytes) -> str:
    """The bytes in hexadecimal, cut where Wireshark cuts them."""
    return raw[:_SHOWN].hex() + ("…" if len(raw) > _SHOWN else "")


def data_step(start: int, source: FrameBytes, protocol: Protocol = Protocol.DATA, number: int = 0) -> Step | None:
    """The step that shows the rest of ``source`` as bytes; None when nothing is left."""
    return Step(protocol, start, source, number) if start < source.captured_end() else None


def read_data(dissection: Dissection, step: Step) -> None:
    """Append a data layer with the rest of the bytes."""
    start = step.start
    captured = step.source.captured_end()
    if start >= captured:
        return
    raw = step.source.data[start:captured]
    length = len(raw)
    data, its_bytes, its_length = ("", "", "") if _is_dissected_elsewhere(dissection, step, raw) else _FIELDS
    if data:
        dissection.protocols.append(data)
    layer = dissection.layer(f"Data ({length} byte{'' if length == 1 else 's'})", start, length, data)
    layer.add(f"Data: {shortened(raw)}", start, len(raw), its_bytes)
    layer.concluded(f"Length: {length}", its_length)


def _is_dissected_elsewhere(dissection: Dissection, step: Step, payload: bytes) -> bool:
    """Whether Wireshark has a protocol for these bytes, which are no ``data`` then; of keep-alives none gets them."""
    analysis = dissection.view.analysis
    if analysis is not None and analysis.verdict & Verdict.KEEP_ALIVE:
        return False
    ports = step.number >> 16, step.number & 0xFFFF
    if step.protocol is Protocol.UDP_DATA:
        return has_udp_dissector(ports, payload)
    if step.protocol is not Protocol.TCP_DATA:
        return False
    stream = dissection.application
    beginnings = () if stream is None or dissection.quoting else stream.beginnings
    return has_tcp_dissector(ports, (payload, *beginnings))


def bit_pattern(value: int, mask: int, width: int) -> str:
    """The bits of a ``width``-bit ``value`` in groups of four, with a dot for each bit outside ``mask``.

    The groups begin at the highest bit, also where ``width`` is no multiple of four.
    """
    return _drawn(int(value), int(mask), width)


@lru_cache(maxsize=_PATTERNS)
def _drawn(value: int, mask: int, width: int) -> str:
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
