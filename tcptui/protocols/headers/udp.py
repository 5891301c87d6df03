"""The UDP header (RFC 768); its payload is read by scapy."""

from __future__ import annotations

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step


def read_udp(dissection: Dissection, step: Step) -> Step | None:
    """Append ports, length and checksum; returns the step for the payload."""
    start, source = step.start, step.source
    layer = dissection.layer("User Datagram Protocol", start, 8, "udp")
    dissection.protocols.append("udp")
    origin, target = source.number(start, 2), source.number(start + 2, 2)
    layer.label += f", Src Port: {origin}, Dst Port: {target}"
    layer.add(f"Source Port: {origin}", start, 2, "udp.srcport")
    layer.add(f"Destination Port: {target}", start + 2, 2, "udp.dstport")
    length = source.number(start + 4, 2)
    layer.add(f"Length: {length}", start + 4, 2, "udp.length")
    checksum = source.number(start + 6, 2)
    if checksum:
        layer.add(f"Checksum: 0x{checksum:04x} [unverified]", start + 6, 2, "udp.checksum")
        layer.concluded("Checksum Status: Unverified", "udp.checksum.status")
    else:
        layer.add("Checksum: 0x0000 [zero-value ignored]", start + 6, 2, "udp.checksum")
        layer.concluded("Checksum Status: Not present", "udp.checksum.status")
    # A length of 0 is the result of segmentation offload, or of a jumbogram (RFC 2675).
    payload = length - 8 if length >= 8 else source.end - start - 8
    shown = min(payload, source.captured_end() - start - 8)
    if shown <= 0:
        return None
    layer.add(f"UDP payload ({payload} byte{'' if payload == 1 else 's'})", start + 8, shown, "udp.payload")
    return Step(Protocol.OTHER_UDP, start + 8, source.within(start + 8 + payload), origin << 16 | target)
