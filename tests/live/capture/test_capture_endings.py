"""How a live capture ends: asked for, by accident, or for want of room; its file is whole every time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.capture import live_source
from tcptui.capture.child import client
from tcptui.capture.child.client import CaptureChild, CaptureOptions
from tcptui.capture.live_source import LiveSource
from tcptui.capture.spool import recover as spool_recovery
from tcptui.model.errors import CaptureError, TcptuiError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]
#: Bytes of a packet of `Wire.send` in a file.
RECORD = 16 + 14 + 20 + 8 + 100


def test_capture_of_an_interface_that_disappears_keeps_its_file_whole(
    wire: Any, child: CaptureChild, watch: Any
) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    wire.send(100)
    watched.packets(100)

    wire.configure("link", "del", "right")
    watched.told("interface_away")
    assert not source.status().complete
    watched.stop()

    assert watched.error == "interface_gone"
    assert len(watched.frames()) == 100
    source.close()


def test_capture_goes_on_in_the_same_file_when_the_interface_is_back(
    wire: Any, child: CaptureChild, tmp_path: Path, watch: Any
) -> None:
    source = LiveSource(child, wire.datagrams(), path=tmp_path / "w.pcap")
    watched = watch(source)
    for times, back in ((1, "interface_back"), (2, "interface_back_again")):
        wire.send(50)
        watched.packets(times * 100 - 50)
        wire.configure("link", "del", "right")
        watched.told("interface_away")
        wire.join()
        watched.told(back)
        wire.send(50, first=50)
        watched.packets(times * 100)
    watched.stop()

    numbers = [int.from_bytes(frame[42:46], "big") for frame in watched.frames()]
    assert numbers == [*range(100), *range(100)]
    assert source.status().received == 200
    assert watched.error == "interface_back_again"
    source.close()


def test_spool_whose_oldest_bytes_were_released_is_captured_on_and_recovered(
    wire: Any, child: CaptureChild, tmp_path: Path, watch: Any, frames_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(spool_recovery, "_directories", lambda: [tmp_path])
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    wire.send(200, size=1000)
    watched.wait(lambda: source.status().end == 24 + 200 * 1058)
    assert source.release(24 + 150 * 1058)
    wire.configure("link", "del", "right")
    watched.told("interface_away")
    wire.join()
    watched.told("interface_back")
    wire.send(50, size=1000, first=200)
    watched.wait(lambda: source.status().end == 24 + 250 * 1058)
    source.close()

    (left,) = spool_recovery.find_leftovers()
    assert left.size == 24 + 100 * 1058
    spool_recovery.save_leftover(left.path, tmp_path / "kept.pcap")
    frames = frames_of((tmp_path / "kept.pcap").read_bytes())
    assert [int.from_bytes(frame[42:46], "big") for frame in frames] == list(range(150, 250))


def test_count_is_kept_over_an_absence(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams(count=7))
    watched = watch(source)
    wire.send(5)
    watched.packets(5)
    wire.configure("link", "del", "right")
    watched.told("interface_away")
    wire.join()
    watched.told("interface_back")
    wire.send(5)
    watched.complete()

    assert len(watched.frames()) == 7
    source.close()


def test_other_kind_of_interface_in_its_place_is_not_mixed_in(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    wire.send(5)
    watched.packets(5)
    wire.configure("link", "del", "right")
    watched.told("interface_away")
    wire.configure("tuntap", "add", "right", "mode", "tun")  # raw IP, not Ethernet
    wire.configure("link", "set", "right", "up")
    watched.complete()

    assert watched.error == "interface_gone"
    assert len(watched.frames()) == 5
    source.close()


def test_packets_handed_over_after_the_interface_is_gone_do_not_hide_that(
    wire: Any, child: CaptureChild, watch: Any
) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    wire.send(5)
    wire.configure("link", "del", "right")  # the kernel hands over a block that is not full after 100 ms
    watched.told("interface_away")
    watched.stop()

    assert len(watched.frames()) == 5
    source.close()


def test_interface_that_goes_down_and_up_again_is_captured_further(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    wire.send(10)
    watched.packets(10)

    wire.configure("link", "set", "right", "down")
    watched.told("interface_is_down")
    wire.configure("link", "set", "right", "up")
    wire.send(10)
    watched.wait(lambda: source.status().complete or source.status().end > 24 + 15 * 116)
    watched.told(None)

    assert not source.status().complete
    source.close()


def test_terminated_child_leaves_a_whole_file(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    wire.send(200)

    os.kill(child.pid, signal.SIGTERM)
    watched.complete()

    assert len(watched.frames()) == 200
    source.close()


def test_killed_child_is_reported(wire: Any, child: CaptureChild, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)

    os.kill(child.pid, signal.SIGKILL)
    watched.complete()

    assert watched.error == "capture_child_died"
    with pytest.raises(CaptureError):
        LiveSource(child, wire.datagrams())
    source.close()


def test_packets_written_since_the_last_message_of_a_killed_child_count(
    wire: Any, child: CaptureChild, watch: Any, tmp_path: Path
) -> None:
    source = LiveSource(child, wire.datagrams(), path=tmp_path / "w.pcap")
    watched = watch(source)
    wire.send(50)
    watched.wait(lambda: source.status().end == 24 + 50 * RECORD)
    os.kill(child.pid, signal.SIGSTOP)
    end = source.status().end
    record = os.pread(source.descriptor, RECORD, end - RECORD)
    os.pwrite(source.descriptor, record + record[:100], end)  # as the child does, which is killed amid the second

    os.kill(child.pid, signal.SIGKILL)
    watched.complete()

    assert watched.error == "capture_child_died"
    assert len(watched.frames()) == 51
    source.close()


def test_child_that_somebody_stopped_is_woken_at_the_end_and_loses_nothing(
    wire: Any, child: CaptureChild, watch: Any
) -> None:
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    os.kill(child.pid, signal.SIGSTOP)
    wire.send(50)

    watched.stop()

    assert watched.error is None
    assert len(watched.frames()) == 50
    source.close()


def test_child_that_never_wakes_is_killed_and_what_it_wrote_is_kept(
    wire: Any, child: CaptureChild, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_LOOKS", 2)
    woken = signal.SIGCONT
    monkeypatch.setattr(signal, "SIGCONT", signal.SIGSTOP)  # as if somebody stopped it again each time
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)
    wire.send(50)
    watched.wait(lambda: source.status().end == 24 + 50 * RECORD)
    os.kill(child.pid, signal.SIGSTOP)

    watched.stop()
    monkeypatch.setattr(signal, "SIGCONT", woken)

    assert watched.error == "capture_child_died"
    assert len(watched.frames()) == 50
    source.close()


def test_what_cannot_be_opened_is_refused_in_one_line(wire: Any, child: CaptureChild, tmp_path: Path) -> None:
    wire.configure("link", "set", "right", "down")
    for options, key in [
        (CaptureOptions("nosuch0"), "no_such_interface"),
        (CaptureOptions("right"), "interface_down"),
        (CaptureOptions("any", "tcp port port"), "bad_filter"),
    ]:
        with pytest.raises(TcptuiError) as caught:
            LiveSource(child, options, path=tmp_path / "w.pcap")
        assert caught.value.key == f"messages.{key}"
    assert list(tmp_path.iterdir()) == []


def test_full_disk_ends_the_capture_with_a_whole_file(
    wire: Any, child: CaptureChild, tmp_path: Path, watch: Any
) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    try:
        source = LiveSource(child, wire.datagrams(), path=tmp_path / "w.pcap")
        watched = watch(source)
        wire.send(500, size=1000)
        watched.complete()

        assert watched.error == "output_disk_full"
        assert 30 < len(watched.frames()) < 64
        source.close()
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_temporary_spool_stops_at_its_limit(
    wire: Any, child: CaptureChild, monkeypatch: pytest.MonkeyPatch, watch: Any
) -> None:
    monkeypatch.setattr(live_source, "spool_limit", lambda _descriptor: 100_000)
    source = LiveSource(child, wire.datagrams())
    watched = watch(source)

    wire.send(1000, size=1000)
    watched.wait(lambda: source.status().complete)  # it gives us time to release something

    assert watched.error == "spool_limit"
    assert len(watched.frames()) >= 90
    source.close()


def test_removed_output_is_reported_at_the_end(wire: Any, child: CaptureChild, tmp_path: Path, watch: Any) -> None:
    source = LiveSource(child, wire.datagrams(), path=tmp_path / "w.pcap")
    watched = watch(source)
    (tmp_path / "w.pcap").unlink()
    watched.stop()

    assert watched.error == "output_removed"
    source.close()


def test_output_cut_by_another_program_ends_the_capture(
    wire: Any, child: CaptureChild, tmp_path: Path, watch: Any
) -> None:
    source = LiveSource(child, wire.datagrams(), path=tmp_path / "w.pcap")
    watched = watch(source)
    wire.send(10)
    watched.wait(lambda: len(watched.frames()) == 10)
    os.truncate(tmp_path / "w.pcap", 24)
    watched.complete()

    assert watched.error == "spool_cut"
    source.close()
