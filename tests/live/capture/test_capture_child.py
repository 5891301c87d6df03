"""What the capture child captures on real interfaces, and what it counts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

from tcptui.capture.child.client import CaptureChild, CaptureOptions, stream_to_descriptor
from tcptui.capture.live_source import LiveSource
from tcptui.model.errors import CaptureError

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump")
def test_capture_holds_the_very_frames_that_tcpdump_has(
    wire: Any, child: CaptureChild, watch: Any, frames_of: Any
) -> None:
    judge = subprocess.Popen(
        [
            "ip",
            "netns",
            "exec",
            wire.right,
            "tcpdump",
            "-i",
            "right",
            "-c",
            "3000",
            "-w",
            "-",
            wire.datagrams().filter_words,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert judge.stderr is not None
    while b"listening on" not in judge.stderr.readline():
        pass
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)

    wire.send(3000)
    expected, _ = judge.communicate(timeout=600)
    watched.packets(3000)
    watched.stop()

    assert watched.frames() == frames_of(expected)
    assert source.status().received == 3000
    assert source.status().kernel_dropped == 0
    assert source.status().error is None
    source.close()


def test_stop_takes_along_what_the_kernel_still_holds(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)

    wire.send(500)
    watched.stop()

    assert len(watched.frames()) == 500
    source.close()


def test_spool_can_be_read_while_the_capture_runs(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    for total in (10, 20):
        wire.send(10)
        watched.wait(lambda: len(watched.frames()) == total)  # noqa: B023
    assert not source.status().complete
    source.close()


def test_count_ends_the_capture_by_itself(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams(count=7, snaplen=60))
    watched = watch(source)

    wire.send(50)
    watched.complete()

    assert [len(frame) for frame in watched.frames()] == [60] * 7
    assert watched.error is None
    source.close()


def test_count_from_a_mark_ends_the_capture_that_many_packets_later(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams(count=7))
    watched = watch(source)
    wire.send(5)
    watched.packets(5)
    source.count_from(5)
    wire.send(4)
    watched.packets(9)
    assert not source.status().complete
    wire.send(50)
    watched.complete()

    assert len(watched.frames()) == 12
    assert watched.error is None
    source.close()


def test_one_child_serves_one_capture_after_another(wire: Any, child: CaptureChild, watch: Any) -> None:
    for _ in range(3):
        source = LiveSource(child, wire.datagrams(count=2))
        with pytest.raises(CaptureError) as caught:
            LiveSource(child, wire.datagrams())
        assert caught.value.key == "messages.capture_busy"
        watched = watch(source)
        wire.send(5)
        watched.complete()
        assert len(watched.frames()) == 2
        source.close()


def test_loopback_and_any_see_local_packets(local_child: CaptureChild, watch: Any) -> None:
    for interface, link_type in (("lo", 1), ("any", 276)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            port = receiver.getsockname()[1]
            source = LiveSource(local_child, CaptureOptions(interface, f"udp port {port}"))
            watched = watch(source)
            receiver.sendto(b"local", receiver.getsockname())
            watched.packets(1)
            watched.stop()

        assert source.opened.link_type == link_type
        assert {frame[-5:] for frame in watched.frames()} == {b"local"}
        source.close()


def test_timestamps_are_in_nanoseconds(wire: Any, child: CaptureChild) -> None:
    source = LiveSource(child, wire.datagrams())

    assert source.opened.is_nanoseconds
    source.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(source.descriptor)


def test_packets_dropped_by_the_kernel_are_counted(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams(buffer_kib=512))
    watched = watch(source)

    os.kill(child.pid, signal.SIGSTOP)
    try:
        wire.send(3000, size=1400)
    finally:
        os.kill(child.pid, signal.SIGCONT)
    watched.packets(3000)
    watched.stop()

    status = source.status()
    assert status.kernel_dropped is not None
    assert status.kernel_dropped > 0
    assert len(watched.frames()) == 3000 - status.kernel_dropped
    source.close()


def test_streaming_writes_pcap_to_a_pipe_until_the_count(wire: Any, child: CaptureChild, frames_of: Any) -> None:
    reading, writing = os.pipe()
    over = threading.Event()

    def keep_sending() -> None:  # for nobody is told when the capture has begun
        while not over.wait(0.05):
            wire.send(5)

    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        end = stream_to_descriptor(child, wire.datagrams(count=5), writing)
    finally:
        over.set()
        sender.join()
    os.close(writing)
    child.close()  # its copy of the pipe goes with it
    with os.fdopen(reading, "rb") as pipe:
        assert len(frames_of(pipe.read())) == 5
    assert end.packets == 5
    assert end.error is None
