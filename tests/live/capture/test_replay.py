"""Live is the same code: a capture replayed as fast as it can be gives the columns of the file written meanwhile."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest
from encapsulations import MAC, all_cases, connection

from tcptui.capture.child.client import CaptureOptions
from tcptui.capture.live_source import LiveSource
from tcptui.model.packet_store import COLUMNS, DecodeIssue, RowKind
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conftest import Wire

pytestmark = pytest.mark.live

#: How often the capture is replayed, each time on other ports so that streams stay apart.
ROUNDS = 16
#: So many frames the sender is ahead at most: on a busy machine the kernel would drop what waits for too long.
AHEAD = 20_000
#: Only a failing test waits so long, in seconds.
DEADLINE_S = 600
#: Flow numbers are only names.
COMPARED = [name for name in COLUMNS if name not in {"flow", "source"}]


def _frames(capture: Path) -> list[bytes]:
    raw = capture.read_bytes()
    order, at, found = "<" if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">", 24, []
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


def _wrapped() -> list[bytes]:
    """Every link header, tag and tunnel that Ethernet can carry, fragments among them."""
    cases = [case for case in all_cases() if case.link_type == 1 and case.frames[0][:12] == MAC]
    frames = [frame for case in cases for frame in case.frames]
    for number in range(len(cases), len(cases) + 4):
        packet = connection(number, six=False)[2]
        for begin, end in ((20, 52), (52, len(packet))):
            control = struct.pack(">HH", number, (end < len(packet)) << 13 | (begin - 20) // 8)
            head = packet[:2] + struct.pack(">H", 20 + end - begin) + control + packet[8:20]
            frames.append(MAC + (b"\x81\0\0\x05" if number % 2 else b"") + b"\x08\0" + head + packet[begin:end])
    return frames


def _send(wire: Wire, frames: Iterable[bytes], source: LiveSource) -> None:
    with wire.inside(wire.left), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("left", 0))
        for number, frame in enumerate(frames):
            while number - (source.status().received or 0) > AHEAD and not source.status().complete:
                time.sleep(0.01)
            sender.send(frame)


async def _recorded(wire: Wire, words: str, count: int, frames: Iterable[bytes], kept: Path) -> Session:
    """The session that captured ``count`` packets by the filter ``words`` while ``frames`` were sent."""
    child = wire.child()
    source = LiveSource(child, CaptureOptions("right", words, count=count), path=kept)
    session = Session([source])
    sending = threading.Thread(target=_send, args=(wire, frames, source))
    running = asyncio.create_task(session.run())
    sending.start()
    await asyncio.wait_for(running, DEADLINE_S)
    sending.join()
    child.close()
    return session


def _expect_same(session: Session, whole: Session, count: int) -> None:
    assert session.progress.kernel_dropped == 0
    assert session.store.count == whole.store.count == count
    for name in COMPARED:
        live, read = (getattr(each.store, name)[: each.store.count].tolist() for each in (session, whole))
        assert live == read, name
    assert session.severity[: session.streams.count].tolist() == whole.severity[: whole.streams.count].tolist()


async def test_replayed_capture_gives_the_columns_of_its_file(corpus: Path, wire: Wire, tmp_path: Path) -> None:
    frames = [frame for frame in _frames(corpus / "dev" / "tcptrace-urgent.pcap") if len(frame) <= 1_514]
    sent = (_on_other_ports(frame, 2 * turn) for turn in range(ROUNDS) for frame in frames)
    session = await _recorded(wire, "tcp", ROUNDS * len(frames), sent, tmp_path / "kept.pcap")
    whole = await asyncio.to_thread(open_file, tmp_path / "kept.pcap")

    _expect_same(session, whole, ROUNDS * len(frames))
    for each in (session, whole):
        each.close()


async def test_replayed_tunnels_tags_and_fragments_give_the_columns_of_their_file(wire: Wire, tmp_path: Path) -> None:
    frames = _wrapped()
    session = await _recorded(wire, "ether src 02:00:00:00:00:01", len(frames), frames, tmp_path / "kept.pcap")
    whole = await asyncio.to_thread(open_file, tmp_path / "kept.pcap")

    # A tag that the kernel took off has been put back.
    assert _frames(tmp_path / "kept.pcap") == frames
    _expect_same(session, whole, len(frames))
    kinds = whole.store.kind[: len(frames)]
    assert (kinds == RowKind.TCP).sum() > len(frames) // 2
    assert (whole.store.issues[: len(frames)] & DecodeIssue.REASSEMBLED != 0).sum() == 4
    for each in (session, whole):
        each.close()
