"""Live is the same code: a capture replayed at full speed gives the columns of the file that was written meanwhile."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.live import CaptureOptions
from tcptui.capture.live_source import LiveSource
from tcptui.model.packet_store import COLUMNS
from tcptui.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Wire

pytestmark = pytest.mark.live

#: How often the capture is replayed, each time on other ports so that streams stay apart.
ROUNDS = 40
#: Flow numbers are only names.
COMPARED = [name for name in COLUMNS if name not in {"flow", "source"}]


def _frames(capture: Path) -> list[bytes]:
    raw = capture.read_bytes()
    order, at, found = "<" if raw[:4] == b"\xd4\xc3\xb2\xa1" else ">", 24, []
    while at < len(raw):
        (size,) = struct.unpack_from(order + "I", raw, at + 8)
        found.append(raw[at + 16 : at + 16 + size])
        at += 16 + size
    return found


def _on_other_ports(frame: bytes, shift: int) -> bytes:
    """The same Ethernet frame with both TCP ports moved."""
    transport = 14 + (frame[14] & 15) * 4
    ports = struct.unpack_from(">HH", frame, transport)
    return frame[:transport] + struct.pack(">HH", *((port + shift) & 0xFFFF for port in ports)) + frame[transport + 4 :]


async def test_replayed_capture_gives_the_columns_of_its_file(corpus: Path, wire: Wire, tmp_path: Path) -> None:
    frames = [frame for frame in _frames(corpus / "dev" / "tcptrace-urgent.pcap") if len(frame) <= 1_514]
    kept = tmp_path / "kept.pcap"
    child = wire.child()
    source = LiveSource(child, CaptureOptions("right", "tcp", count=ROUNDS * len(frames)), path=kept)

    def replay() -> None:
        with wire.inside(wire.left), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("left", 0))
            for turn in range(ROUNDS):
                for frame in frames:
                    sender.send(_on_other_ports(frame, 2 * turn))

    session = Session([source])
    sending = threading.Thread(target=replay)
    running = asyncio.create_task(session.run())
    sending.start()
    await asyncio.wait_for(running, 90)
    sending.join()
    progress = session.progress
    whole = await asyncio.to_thread(open_file, kept)

    assert progress.kernel_dropped == 0
    assert session.store.count == whole.store.count == ROUNDS * len(frames)
    for name in COMPARED:
        live, read = (getattr(each.store, name)[: each.store.count].tolist() for each in (session, whole))
        assert live == read, name
    assert session.severity[: session.streams.count].tolist() == whole.severity[: whole.streams.count].tolist()
    for each in (session, whole):
        each.close()
    child.close()
