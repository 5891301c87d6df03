"""Packets taken from the kernel's ring in whole blocks: the same records as tcpdump's, byte for byte."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tmux_terminal import until

from tcptui.capture.child import loop as capture_loop
from tcptui.capture.child import packet_ring
from tcptui.capture.child.client import CaptureChild, CaptureOptions
from tcptui.capture.child.control import Control
from tcptui.capture.child.loop import Capture
from tcptui.capture.child.main import refuse_threads
from tcptui.capture.child.packet_ring import PacketRing
from tcptui.capture.child.pcap_handle import activate, set_filter
from tcptui.capture.child.protocol import CaptureRequest, Ending, Level
from tcptui.capture.live_source import LiveSource

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]
DISCARD = 9
TAG, SERVICE_TAG, IPV4 = b"\x81\x00", b"\x88\xa8", b"\x08\x00"
#: No stack answers what is sent there.
NOBODY = b"\x02\x00\x00\x00\x00\x99"
SENDER = b"\x02\x00\x00\x00\x00\x01"
#: What the ring's clock and tcpdump's may differ by, in seconds: each socket looks at it for itself, and a machine may
#: stand still in between.  A wrong unit or epoch is off by more.
APART = 60.0


@dataclass(frozen=True)
class Record:
    """One record of a pcap file with nanoseconds."""

    time: float
    captured: int
    length: int
    data: bytes


def whole_records(capture: bytes) -> int:
    """How many records of a file that grows are whole."""
    count, at = 0, 24
    while at + 16 <= len(capture):
        at += 16 + struct.unpack_from("=I", capture, at + 8)[0]
        count += at <= len(capture)
    return count


def records(capture: bytes) -> list[Record]:
    found, at = [], 24
    while at < len(capture):
        seconds, nanoseconds, captured, length = struct.unpack_from("=4I", capture, at)
        found.append(Record(seconds + nanoseconds / 1e9, captured, length, capture[at + 16 : at + 16 + captured]))
        at += 16 + captured
    assert at == len(capture)
    return found


def frames_of_all_kinds() -> list[bytes]:
    """Plain, tagged, twice tagged, short and long ones, each with its number."""
    made = []
    for number in range(1200):
        tag = (TAG + struct.pack(">H", number), SERVICE_TAG + b"\x60\x07", SERVICE_TAG + b"\0\1" + TAG + b"\0\2")
        between = (b"", *tag)[number % 4]
        made.append(NOBODY + SENDER + between + IPV4 + struct.pack(">I", number) * (5 + number % 365))
    return made


def send_frames(wire: Any, frames: list[bytes]) -> None:
    with wire.inside(wire.left), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("left", 0))
        for frame in frames:
            sender.send(frame)


@contextlib.contextmanager
def tcpdump(wire: Any, path: Path, words: list[str], count: int, interface: str = "right") -> Iterator[None]:
    """Captures all that passes while the body runs: ``count`` packets, or more than there should be."""
    command = ["ip", "netns", "exec", wire.right, "tcpdump", "-i", interface, "-Z", "root", "-w", str(path)]
    command += ["--time-stamp-precision=nano", "-U", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert process.stderr is not None
    while b"listening on" not in process.stderr.readline():
        pass
    yield
    # tcpdump has the kernel hold a block back for a second, and leaves it unread at its end.
    until(lambda: whole_records(path.read_bytes()) >= count, f"{count} packets of tcpdump")
    process.terminate()
    process.communicate(timeout=600)


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump")
@pytest.mark.parametrize(
    ("snaplen", "words"),
    [
        (0, "ether src 02:00:00:00:00:01"),
        (96, "ether src 02:00:00:00:00:01"),
        (0, "vlan and ether src 02:00:00:00:00:01"),
    ],
)
def test_records_are_those_of_tcpdump(
    wire: Any, child: CaptureChild, watch: Any, tmp_path: Path, snaplen: int, words: str
) -> None:
    frames = frames_of_all_kinds()
    expected_count = len(frames) if "vlan" not in words else len(frames) * 3 // 4
    with tcpdump(wire, tmp_path / "judge.pcap", ["-s", str(snaplen), *words.split()], expected_count):
        source = LiveSource(child, CaptureOptions("right", words, snaplen=snaplen))
        watched = watch(source)
        send_frames(wire, frames)
        watched.packets(expected_count)
        watched.stop()
    ours = records(os.pread(source.descriptor, source.status().end, 0))
    source.close()

    judged = records((tmp_path / "judge.pcap").read_bytes())
    assert len(judged) == expected_count
    assert [(r.captured, r.length, r.data) for r in ours] == [(r.captured, r.length, r.data) for r in judged]
    assert all(abs(one.time - other.time) < APART for one, other in zip(ours, judged, strict=True))


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump")
@pytest.mark.parametrize("snaplen", [0, 60])
def test_records_of_all_interfaces_are_those_of_tcpdump(
    wire: Any, child: CaptureChild, watch: Any, tmp_path: Path, snaplen: int
) -> None:
    words = f"udp port {DISCARD}"
    with tcpdump(wire, tmp_path / "judge.pcap", ["-s", str(snaplen), words], 1500, interface="any"):
        source = LiveSource(child, CaptureOptions("any", words, snaplen=snaplen))
        watched = watch(source)
        wire.send(1500)
        watched.packets(1500)
        watched.stop()
    ours = records(os.pread(source.descriptor, source.status().end, 0))
    source.close()

    judged = records((tmp_path / "judge.pcap").read_bytes())
    assert len(judged) >= 1500
    assert [(r.captured, r.length, r.data) for r in ours] == [(r.captured, r.length, r.data) for r in judged]


def request(interface: str, words: str = "", **more: Any) -> CaptureRequest:
    given = {"snaplen": 262_144, "count": None, "buffer_kib": 2048, "promiscuous": True, "limit_bytes": None}
    return CaptureRequest(interface, words, "", **(given | {"is_stream": False} | more))


@contextlib.contextmanager
def open_ring(asked: CaptureRequest, *, before_filter: Any = None) -> Iterator[PacketRing | None]:
    pcap = activate(asked)
    ring = None
    try:
        if before_filter is not None:
            before_filter()
        ring = PacketRing.of(pcap, set_filter(pcap, asked).since)
        yield ring
    finally:
        if ring is not None:
            ring.close()
        pcap.close()


def taken(ring: PacketRing, path: Path, last: bytes) -> list[Record]:
    """All that the ring gives up to the packet that ends with ``last``."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    offset, found = 24, list[Record]()

    def has_come() -> bool:
        nonlocal offset
        offset += ring.take(descriptor, offset, None)[1]
        found[:] = records(os.pread(descriptor, offset, 0)) if offset > 24 else []
        return any(record.data.endswith(last) for record in found)

    try:
        until(has_come, "the last packet")
    finally:
        os.close(descriptor)
    return found


def handed_over(capture: Capture, count: int) -> bool:
    """Whether ``count`` packets of the ring are in blocks that the kernel has handed over."""
    assert capture._ring is not None
    return capture._ring.count_left(None) == count


@pytest.mark.parametrize("interface", ["right", "any", "lo"])
@pytest.mark.parametrize("words", ["", "tcp port 80"])
def test_ring_is_used(wire: Any, interface: str, words: str) -> None:
    wire.configure("link", "set", "lo", "up")
    with wire.inside(wire.right), open_ring(request(interface, words)) as ring:
        assert ring is not None


def test_filter_that_the_kernel_does_not_run_is_left_to_libpcap(wire: Any) -> None:
    # The hardware address in the header that libpcap makes for "any": the kernel has no such header.
    with wire.inside(wire.right), open_ring(request("any", "link[12] = 1")) as ring:
        assert ring is None


def test_without_the_ring_libpcap_captures_the_same_frames(
    wire: Any, tmp_path: Path, frames_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PacketRing, "of", lambda _pcap, _filtered_from: None)
    frames, path = frames_of_all_kinds()[:300], tmp_path / "kept.pcap"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    app, child = socket.socketpair()
    with app, child, wire.inside(wire.right):
        capture = Capture(request("right", "ether src 02:00:00:00:00:01", count=len(frames)), descriptor)
        send_frames(wire, frames)
        ended, is_there = capture.run(Control(child), lambda: False)

    assert ended.ending is Ending.COUNT
    assert is_there
    assert frames_of(path.read_bytes()) == frames


def test_stop_takes_along_more_than_one_round(wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_loop, "LINGER_SECONDS", 0.0)
    frames, path = frames_of_all_kinds() * 4, tmp_path / "kept.pcap"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    app, child = socket.socketpair()
    with app, child, wire.inside(wire.right):
        asked = request("right", "ether src 02:00:00:00:00:01", buffer_kib=16 * 1024)
        capture = Capture(asked, descriptor)
        send_frames(wire, frames)
        until(lambda: handed_over(capture, len(frames)), "the last block")
        ended, _is_there = capture.run(Control(child), lambda: True)

    assert ended.ending is Ending.STOPPED
    assert len(records(path.read_bytes())) == len(frames)


@pytest.mark.parametrize("seconds", [1.0, -1.0], ids=["in time", "the process stood still"])
def test_packets_from_before_the_filter_are_left_out(
    wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(packet_ring, "_FILTER_SECONDS", seconds)
    frames = frames_of_all_kinds()[:50]
    asked = request("right", "ether proto 0x1234")
    with wire.inside(wire.right), open_ring(asked, before_filter=lambda: send_frames(wire, frames)) as ring:
        assert ring is not None
        send_frames(wire, [NOBODY + SENDER + b"\x12\x34" + bytes(60)])
        until(lambda: ring.count_left(None) == 1, "the block, which this process takes later")
        assert [record.data[12:14] for record in taken(ring, tmp_path / "ring.pcap", bytes(60))] == [b"\x12\x34"]


def test_clock_that_is_set_back_hides_no_packets_once_the_ring_was_empty(
    wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packet_ring, "_FILTER_SECONDS", -1.0)
    asked = request("right", "ether proto 0x1234")
    with wire.inside(wire.right):
        pcap = activate(asked)
        ring = PacketRing.of(pcap, set_filter(pcap, asked).since + 3600 * 10**9)
        assert ring is not None
        with (tmp_path / "empty.pcap").open("wb") as empty:
            assert ring.take(empty.fileno(), 24, None) == (0, 0)
        send_frames(wire, [NOBODY + SENDER + b"\x12\x34" + bytes(60)])
        assert len(taken(ring, tmp_path / "ring.pcap", bytes(60))) == 1
        ring.close()
        pcap.close()


def test_last_block_of_an_interface_that_is_gone_is_taken_after_a_pause_of_any_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, looks = [0.0], []
    later = SimpleNamespace(monotonic=lambda: clock[0], sleep=lambda _seconds: clock.append(clock.pop() + 3.0))
    monkeypatch.setattr(capture_loop, "time", later)
    capture = Capture.__new__(Capture)
    capture._ring = None
    monkeypatch.setattr(capture, "_take", lambda: looks.append(clock[0]))
    capture._salvage()

    assert looks == [0.0, 3.0]


@pytest.mark.parametrize("has_ring", [True, False])
def test_packets_from_before_the_filter_are_not_counted(
    wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_ring: bool
) -> None:
    def send_and_filter(pcap: Any, asked: CaptureRequest) -> Any:
        send_frames(wire, frames_of_all_kinds()[:50])
        return set_filter(pcap, asked)

    monkeypatch.setattr(capture_loop, "set_filter", send_and_filter)
    if not has_ring:
        monkeypatch.setattr(PacketRing, "of", lambda _pcap, _filtered_from: None)
    descriptor = os.open(tmp_path / "kept.pcap", os.O_RDWR | os.O_CREAT)
    app, child = socket.socketpair()
    with app, child, wire.inside(wire.right):
        capture = Capture(request("right", "ether proto 0x1234", count=3), descriptor)
        send_frames(wire, [NOBODY + SENDER + b"\x12\x34" + bytes(60)] * 3)
        capture.run(Control(child), lambda: False)
        levels = [message for message in Control(app).receive()[0] if isinstance(message, Level)]
        assert (levels[-1].received, levels[-1].packets) == (3, 3)


def test_loopback_packets_are_seen_once(wire: Any, tmp_path: Path) -> None:
    wire.configure("link", "set", "lo", "up")
    with wire.inside(wire.right), open_ring(request("lo", "udp port 9")) as ring:
        assert ring is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for said in (*[b"once"] * 20, b"last"):
                with contextlib.suppress(ConnectionRefusedError):
                    sender.sendto(said, ("127.0.0.1", 9))
        found = [record.data[-4:] for record in taken(ring, tmp_path / "ring.pcap", b"last")]
        assert found.count(b"once") == 20


def test_rights_are_not_given_up_beside_another_thread() -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        with pytest.raises(RuntimeError, match="thread"):
            refuse_threads()
    finally:
        over.set()
        other.join()


def test_child_has_one_thread_because_rights_are_given_up_by_the_thread(child: CaptureChild) -> None:
    assert len(list(Path(f"/proc/{child.pid}/task").iterdir())) == 1
