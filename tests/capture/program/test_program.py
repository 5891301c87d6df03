"""A program that is run: who it becomes, what it inherits, how its end is told; its group; its sockets' events."""

from __future__ import annotations

import errno
import os
import signal
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.privileges import Identity
from tcptui.capture.program import client
from tcptui.capture.program.client import ProgramProcess, program_of, started_with
from tcptui.capture.program.scope import own_group
from tcptui.capture.program.socket_events import Ring, SocketEvent, SocketEventKind, decode_event, program_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


def ran(*arguments: str, say: signal.Signals | None = None) -> ProgramProcess:
    """The program, once it has ended; ``say`` is sent to it when it runs."""
    process = ProgramProcess.prepare(program_of(arguments, os.environ), None)
    try:
        process.start()
        if say is not None:
            process.send_signal(say)
        while not process.is_over:
            process.receive()
    finally:
        process.close()
    return process


@pytest.mark.parametrize(
    ("script", "ended"),
    [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9), ("(sleep 60 >/dev/null 2>&1 &) ; exit 3", 3)],
)
def test_the_end_is_told(script: str, ended: int) -> None:
    assert ran("sh", "-c", script).ended == ended


def test_what_cannot_be_run_says_why(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x")
    assert ran(str(tmp_path / "nothing")).failure == errno.ENOENT
    assert ran(str(plain)).failure == errno.EACCES


def test_a_signal_is_passed_on() -> None:
    assert ran("sleep", "600", say=signal.SIGTERM).ended == -signal.SIGTERM


def test_nothing_is_run_unless_asked(tmp_path: Path) -> None:
    made = tmp_path / "made"
    ProgramProcess.prepare(program_of(["touch", str(made)], os.environ), None).close()
    assert not made.exists()


def test_nothing_but_the_standard_descriptors_is_inherited_and_signals_are_as_ever(tmp_path: Path) -> None:
    out = tmp_path / "out"
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    ran("sh", "-c", f"ls /proc/self/fd > {out}; grep -E 'SigIgn' /proc/self/status >> {out}")
    os.close(reading)
    os.close(writing)
    *descriptors, ignored = out.read_text().splitlines()
    assert descriptors == ["0", "1", "2", "3"]  # 3 is the folder that ls reads
    number = int(ignored.split()[1], 16)
    assert not any(number >> one - 1 & 1 for one in (signal.SIGPIPE, signal.SIGTERM, signal.SIGXFSZ))


def test_under_sudo_it_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    me = Identity(os.getuid(), os.getgid(), (os.getgid(),), "me", "/home/me")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(client, "invoking_identity", lambda _environment: me)
    program = program_of(["env"], {"HOME": "/root", "USER": "root", "SUDO_UID": "1", "MAIL": "/x", "A": "b"})
    assert program.identity is me
    assert not program.keeps_rights
    kept = dict(program.environment)
    assert kept.pop("SHELL")
    assert kept == {"HOME": "/home/me", "USER": "me", "LOGNAME": "me", "A": "b"}


def test_the_environment_is_that_of_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCPTUI_SET_LATER", "1")
    assert "TCPTUI_SET_LATER" not in started_with()


@pytest.mark.parametrize(
    ("groups", "mounts", "folder"),
    [
        ("0::/a/b\n", "31 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "/sys/fs/cgroup/a/b"),
        ("1:cpu:/x\n0::/\n", "31 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup rw\n", "/sys/fs/cgroup/unified/"),
        ("0::/d/1/e\n", "31 24 0:26 /d/1 /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "/sys/fs/cgroup/e"),
    ],
)
def test_own_group_is_found(tmp_path: Path, groups: str, mounts: str, folder: str) -> None:
    (tmp_path / "groups").write_text(groups)
    (tmp_path / "mounts").write_text("22 1 0:20 / /proc rw - proc proc rw\n" + mounts)
    assert str(own_group(tmp_path / "groups", tmp_path / "mounts")) == folder.rstrip("/")


@pytest.mark.parametrize(("groups", "kind"), [("1:cpu:/x\n", "cgroup2"), ("0::/..\n", "cgroup"), ("0::/a\n", "cgroup")])
def test_no_group_of_version_2_is_an_error(tmp_path: Path, groups: str, kind: str) -> None:
    (tmp_path / "groups").write_text(groups)
    (tmp_path / "mounts").write_text(f"31 24 0:26 / /sys/fs/cgroup rw - {kind} cgroup rw\n")
    with pytest.raises(OSError, match="version 2"):
        own_group(tmp_path / "groups", tmp_path / "mounts")


def record(kind: int = 3, family: int = 2) -> bytes:
    four, six = (bytes([127, 0, 0, last]) for last in (1, 2)), (bytes(15) + bytes([last]) for last in (1, 2))
    return struct.pack("=QIIII4s4s16s16s", 5, kind, family, 40_000, 80 << 24, *four, *six)


def test_records_are_events() -> None:
    opens = SocketEventKind.OPENS
    assert decode_event(record()) == SocketEvent(opens, b"\x7f\0\0\1", 40_000, b"\x7f\0\0\2", 80, 5)
    assert decode_event(record(family=10)) == SocketEvent(opens, bytes(15) + b"\1", 40_000, bytes(15) + b"\2", 80, 5)
    assert decode_event(record(kind=9)) is None
    assert decode_event(b"short") is None


def test_a_ring_is_read_around_its_end_and_not_beyond_what_is_written() -> None:
    size, taken, filled = 256, bytearray(8), bytearray(8)
    data = bytearray(2 * size)
    ring = Ring(memoryview(taken), memoryview(filled), memoryview(data))

    def write(at: int, payload: bytes, flags: int = 0) -> None:
        for number, byte in enumerate(struct.pack("=II", len(payload) | flags, 0) + payload):
            for half in (0, size):
                data[(at + number) % size + half] = byte
        struct.pack_into("=Q", filled, 0, at + 72)

    def at() -> int:
        (position,) = struct.unpack("=Q", taken)
        return int(position)

    for turn in range(8):
        write(72 * turn, bytes([turn]) * 64)
        assert ring.take() == [bytes([turn]) * 64]
    assert not ring.has_overflowed
    write(576, b"d" * 64, 1 << 30)
    assert (ring.take(), at()) == ([], 648)
    write(648, b"b" * 64, 1 << 31)
    assert (ring.take(), at()) == ([], 648)
    struct.pack_into("=Q", filled, 0, 648 + 216)
    ring.take()
    assert ring.has_overflowed
    ring.close()


def test_the_program_is_whole_instructions_that_pass_over_other_events() -> None:
    code = program_for(3)
    assert len(code) % 8 == 0
    jump = struct.unpack_from("=BBhi", code, 24)
    assert (jump[0], 32 + 8 * jump[2]) == (0x55, len(code) - 16)
