"""IPv6 within UDP by way of Teredo (RFC 4380, 5.1.1): what stands in front of the packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.ipv4 import dotted

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

#: Port of Teredo servers.
PORT: Final = 3544
_ORIGIN, _AUTHENTICATION, _IPV6 = 0, 1, 6
_ORIGIN_LENGTH: Final = 8
_NONCE: Final = 8


def read_teredo(dissection: Dissection, step: Step) -> Step:
    """Append who authenticates and where the packet came from; returns the step for the packet itself.

    What is none of these is left to scapy.
    """
    at, source = step.start, step.source
    if source.captured_end() - at < 2 or not _is_teredo(source.number(at, 2)):
        return step
    layer = dissection.layer("Teredo IPv6 over UDP tunneling", at, 0, "")
    dissection.protocols.append("teredo")
    begin = at
    if source.number(at, 2) == _AUTHENTICATION:
        at = _authentication_lines(layer, at, source)
    if source.number(at, 2) == _ORIGIN:
        hidden = bytes(byte ^ 0xFF for byte in source.take(at + 2, _ORIGIN_LENGTH - 2))
        layer.add(f"Origin UDP port: {int.from_bytes(hidden[:2])}", at + 2, 2)
        layer.add(f"Origin IPv4 address: {dotted(hidden[2:])}", at + 4, 4)
        at += _ORIGIN_LENGTH
    layer.length = at - begin
    if source.number(at, 1) >> 4 != _IPV6:
        return step._replace(protocol=Protocol.DATA, start=at)
    return step._replace(protocol=Protocol.IPV6, start=at)


def _is_teredo(first: int) -> bool:
    return first in (_ORIGIN, _AUTHENTICATION) or first >> 12 == _IPV6


def _authentication_lines(layer: Branch, at: int, source: FrameBytes) -> int:
    """Append the authentication header; returns where it ends."""
    named, proof = source.number(at + 2, 1), source.number(at + 3, 1)
    layer.add(f"Client identifier length: {named}", at + 2, 1)
    layer.add(f"Authentication value length: {proof}", at + 3, 1)
    at += 4 + named + proof
    layer.add(f"Nonce value: {source.take(at, _NONCE).hex()}", at, _NONCE)
    layer.add(f"Confirmation byte: {source.number(at + _NONCE, 1)}", at + _NONCE, 1)
    return at + _NONCE + 1
