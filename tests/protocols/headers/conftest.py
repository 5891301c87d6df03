"""Single packets for the header-tree tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.model.datagram import Datagram
from tcptui.model.packet_store import RowKind
from tcptui.model.packet_view import Analysis, PacketView

if TYPE_CHECKING:
    from collections.abc import Callable

#: 2024-09-18 07:01:32.461594 UTC.
TIME_NS = 1_726_642_892_461_594_000

_ETHERNET = bytes.fromhex("001a2b3c4d5e 000c29c2890b 0800")
_IPV4 = bytes.fromhex("4500003c 886d4000 40063098 c0a80032 c0a80034")
_SYN = bytes.fromhex("e5021f90 8151ee69 00000000 a0027210 79b20000")
_SYN_OPTIONS = bytes.fromhex("020405b4 0402080a 00346604 00000000 01030307")


@pytest.fixture
def syn_frame() -> bytes:
    """An Ethernet frame with a SYN from 192.168.0.50:58626 to 192.168.0.52:8080."""
    return _ETHERNET + _IPV4 + _SYN + _SYN_OPTIONS


@pytest.fixture
def tcp_frame() -> Callable[..., bytes]:
    """Makes a raw IPv4 packet (LINKTYPE_RAW) with a TCP segment of the options and payload given."""

    def make(options: bytes = b"", payload: bytes = b"", flags: int = 0x10) -> bytes:
        header = bytes.fromhex("e5021f90 00000001 00000001")
        header += ((20 + len(options)) // 4 << 12 | flags).to_bytes(2, "big") + bytes.fromhex("0100 0000 0000")
        segment = header + options + payload
        total = (20 + len(segment)).to_bytes(2, "big")
        return b"\x45\x00" + total + bytes.fromhex("00010000 4006 0000 0a000001 0a000002") + segment

    return make


@pytest.fixture
def view() -> Callable[..., PacketView]:
    """Makes a frame that stands by itself: the first of its capture, in no stream unless given."""

    def make(
        data: bytes,
        *,
        link_type: int = 1,
        wire_length: int | None = None,
        network_offset: int = 0,
        kind: RowKind = RowKind.OTHER,
        analysis: Analysis | None = None,
        comment: str | None = None,
        interface: str | None = None,
        datagrams: tuple[Datagram, ...] = (),
    ) -> PacketView:
        return PacketView(
            row=0,
            frame=1,
            time_ns=TIME_NS,
            previous_ns=TIME_NS,
            first_ns=TIME_NS,
            wire_length=len(data) if wire_length is None else wire_length,
            data=data,
            link_type=link_type,
            interface=interface,
            comments=() if comment is None else (comment,),
            kind=kind,
            network_offset=network_offset,
            transport_offset=0,
            payload_length=0,
            ip_stream=-1,
            analysis=analysis,
            datagrams=datagrams,
        )

    return make


@pytest.fixture
def analysis() -> Callable[..., Analysis]:
    """Makes what the engine says of a stream's quiet first packet, with the changes given."""

    def make(**changed: object) -> Analysis:
        facts: dict[str, object] = {
            "stream": 0, "packet_in_stream": 1, "completeness": 1, "seq_base": 0, "ack_base": 0, "window_shift": -1,
            "since_stream_start_ns": 0, "since_previous_ns": 0, "verdict": 0, "dup_ack_number": 0,
            "dup_ack_frame": None, "rto_ns": None, "rto_frame": None, "acks_frame": None, "ack_rtt_ns": None,
            "irtt_ns": 0, "bytes_in_flight": 0, "push_bytes": 0, "initiates_close": False, "completes_close": False,
            "sent_by_client": True, "server_port": 8080,
        }  # fmt: skip
        return Analysis(**(facts | changed))  # type: ignore[arg-type]

    return make
