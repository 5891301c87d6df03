"""Bytes that nothing here dissects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.dissected_ports import has_tcp_dissector, has_udp_dissector

if TYPE_CHECKING:
    from tcptui.protocols.headers.frame_bytes import FrameBytes

_FIELDS: Final = ("data", "data.data", "data.len")


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
