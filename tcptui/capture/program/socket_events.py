"""Connections that the sockets of a control group open and accept, as the kernel says at that moment.

A program of eight instructions or so in the kernel (BPF_PROG_TYPE_SOCK_OPS) is called for sockets of that group alone:
before a SYN is sent, and when a connection has been accepted.  It notes addresses and ports in a ring that this process
maps; so nothing is polled, and no connection is too short.  Once attached and mapped, no right is needed any more; the
program goes with the group.  Layouts are those of linux/bpf.h, which do not change; the ring came with Linux 5.8.
"""

from __future__ import annotations

import ctypes
import enum
import mmap
import os
import platform
import resource
import socket
import struct
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Bytes of the ring: 14,000 connections between two looks.
RING_BYTES: Final = 1 << 20
#: The number of bpf(2), by machine.
_SYSCALL: Final = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361, "s390x": 351}
#: Commands of bpf(2), a kind of map, a kind of program and where it is attached.
_MAP_CREATE, _PROG_LOAD, _PROG_ATTACH = 0, 5, 8
_RINGBUF, _SOCK_OPS, _CGROUP_SOCK_OPS = 27, 13, 3
#: Others may have attached programs to the groups above: all of them are called.
_ALLOW_MULTI: Final = 2
#: Bytes of union bpf_attr that are passed.
_ATTRIBUTES: Final = 120
_LICENSE: Final = b"Apache-2.0\0"
_KTIME_GET_NS, _RINGBUF_OUTPUT = 5, 130
_NO_WAKEUP: Final = 1

#: What the program writes: time, operation, family, ports of both ends, then addresses by version.
_RECORD: Final = struct.Struct("=QIIII4s4s16s16s")
#: Where the fields behind the time are in struct bpf_sock_ops: op, family, local_port, remote_port, …
_SOURCES: Final = (0, 20, 68, 64, 28, 24, *range(48, 64, 4), *range(32, 48, 4))
_MAPPED: Final = bytes(10) + b"\xff\xff"
_AF_INET: Final = int(socket.AF_INET)

#: A record's length, in the ring; its first two bits: still being written, to be passed over.
_HEADER_BYTES: Final = 8
_BUSY, _DISCARDED = 1 << 31, 1 << 30


class SocketEventKind(enum.IntEnum):
    """An action of a socket, by the kernel's numbers (BPF_SOCK_OPS_…)."""

    OPENS = 3
    """It is about to send its SYN."""
    ACCEPTED = 5
    """It was made for a connection that a peer has opened."""


@dataclass(frozen=True, slots=True)
class SocketEvent:
    """A connection of the group; addresses have 4 or 16 bytes."""

    kind: SocketEventKind
    local: bytes
    local_port: int
    peer: bytes
    peer_port: int
    monotonic_ns: int


class Ring:
    """The reader's side of a ring of the kernel's (kernel/bpf/ringbuf.c), over mapped memory."""

    def __init__(self, taken: memoryview, filled: memoryview, data: memoryview) -> None:
        """``taken``, ``filled``: 8 bytes each, how many bytes were ever read and written; ``data``: the ring, twice."""
        self._taken, self._filled, self._data = taken.cast("B").cast("Q"), filled.cast("B").cast("Q"), data
        self._size = len(data) // 2
        self.has_overflowed = False
        """True if a record may have found no room, at any time."""

    def take(self) -> list[bytes]:
        """The records that have come, the oldest first."""
        found = list[bytes]()
        at, end = self._taken[0], self._filled[0]
        self.has_overflowed |= end - at > self._size - _HEADER_BYTES - _RECORD.size
        while at < end:
            place = at & (self._size - 1)
            (length,) = struct.unpack_from("=I", self._data, place)
            if length & _BUSY:
                break
            is_wanted, length = not length & _DISCARDED, length & ~_DISCARDED
            if is_wanted:
                found.append(bytes(self._data[place + _HEADER_BYTES : place + _HEADER_BYTES + length]))
            at += (length + _HEADER_BYTES + 7) & ~7
            self._taken[0] = at
        return found

    def close(self) -> None:
        """Let go of the memory; idempotent."""
        for view in (self._taken, self._filled, self._data):
            view.release()


class SocketEvents:
    """The events of one group, from `attach` to `close`."""

    def __init__(self, ring: Ring, undo: ExitStack) -> None:
        self._ring, self._undo = ring, undo

    @classmethod
    def attach(cls, group: Path) -> SocketEvents:
        """Hear of the sockets of ``group``, a folder, from now on.

        Raises OSError where this kernel has no such programs, or this process no right to load one.
        """
        with ExitStack() as opened, ExitStack() as undo:
            with _unlimited_memory():
                ring = _bpf(_MAP_CREATE, struct.pack("=IIII", _RINGBUF, 0, 0, RING_BYTES))
                opened.callback(os.close, ring)
                program = _load(program_for(ring))
                opened.callback(os.close, program)
            page = mmap.PAGESIZE
            taken = undo.enter_context(mmap.mmap(ring, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE))
            rest = undo.enter_context(
                mmap.mmap(ring, page + 2 * RING_BYTES, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
            )
            filled = memoryview(rest)
            reader = Ring(memoryview(taken)[:8], filled[:8], filled[page:])
            undo.callback(filled.release)
            undo.callback(reader.close)
            folder = os.open(group, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opened.callback(os.close, folder)
            _bpf(_PROG_ATTACH, struct.pack("=IIII", folder, program, _CGROUP_SOCK_OPS, _ALLOW_MULTI))
            return cls(reader, undo.pop_all())

    @property
    def may_lack_some(self) -> bool:
        """True if the ring was full at any time."""
        return self._ring.has_overflowed

    def take(self) -> list[SocketEvent]:
        """The events since the last call, the oldest first."""
        return [event for data in self._ring.take() if (event := decode_event(data)) is not None]

    def close(self) -> None:
        """End it; idempotent.  The program goes with the group."""
        self._undo.close()


@contextmanager
def _unlimited_memory() -> Iterator[None]:
    """Inside, kernels before 5.11 do not count what is made against the 64 KiB that may be locked."""
    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    with suppress(ValueError, OSError):  # no right to: then newer kernels alone load it
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, before)


def decode_event(data: bytes) -> SocketEvent | None:
    """The event of a record; None: it is none."""
    if len(data) != _RECORD.size:
        return None
    time_ns, kind, family, local_port, peer_port, local4, peer4, local6, peer6 = _RECORD.unpack(data)
    try:
        known = SocketEventKind(kind)
    except ValueError:
        return None
    if family == _AF_INET:
        local, peer = local4, peer4
    else:
        local, peer = (one.removeprefix(_MAPPED) for one in (local6, peer6))
    return SocketEvent(known, local, local_port, peer, socket.ntohl(peer_port) & 0xFFFF, time_ns)


def program_for(ring: int) -> bytes:
    """The instructions that note an event in the map with descriptor ``ring``; r6 is the context, r10 the stack."""
    at = -_RECORD.size
    noted = [_call(_KTIME_GET_NS), _instruction(0x7B, 10, 0, at)]  # *(u64 *)(r10 + at) = r0
    for place, source in enumerate(_SOURCES):
        noted.append(_instruction(0x61, 1, 6, source))  # r1 = *(u32 *)(r6 + source)
        noted.append(_instruction(0x63, 10, 1, at + 8 + 4 * place))
    noted += [
        _instruction(0x18, 1, 1, 0, ring) + bytes(8),  # r1 = the map
        _instruction(0xBF, 2, 10, 0),
        _instruction(0x07, 2, 0, 0, at),  # r2 = r10 + at
        _instruction(0xB7, 3, 0, 0, _RECORD.size),
        _instruction(0xB7, 4, 0, 0, _NO_WAKEUP),
        _call(_RINGBUF_OUTPUT),
    ]
    body = b"".join(noted)
    return b"".join((
        _instruction(0xBF, 6, 1, 0),  # r6 = r1
        _instruction(0x61, 2, 6, 0),  # r2 = op
        _instruction(0x15, 2, 0, 1, SocketEventKind.OPENS),  # where it is that, pass over the next
        _instruction(0x55, 2, 0, len(body) // 8, SocketEventKind.ACCEPTED),  # where it is not, pass over the body
        body,
        _instruction(0xB7, 0, 0, 0, 1),
        _instruction(0x95, 0, 0, 0),
    ))  # fmt: skip


def _instruction(code: int, target: int, source: int, offset: int, value: int = 0) -> bytes:
    """One struct bpf_insn; its registers are half a byte each."""
    registers = target | source << 4 if sys.byteorder == "little" else target << 4 | source
    return struct.pack("=BBhi", code, registers, offset, value)


def _call(helper: int) -> bytes:
    return _instruction(0x85, 0, 0, 0, helper)


def _load(instructions: bytes) -> int:
    code, license_text = ctypes.create_string_buffer(instructions), ctypes.create_string_buffer(_LICENSE)
    count = len(instructions) // 8
    return _bpf(
        _PROG_LOAD, struct.pack("=IIQQ", _SOCK_OPS, count, ctypes.addressof(code), ctypes.addressof(license_text))
    )


def _bpf(command: int, attributes: bytes) -> int:
    number = _SYSCALL.get(platform.machine())
    if sys.platform != "linux" or number is None:
        raise OSError(f"no bpf(2) on {platform.machine()}")
    passed = ctypes.create_string_buffer(attributes, _ATTRIBUTES)
    result: int = ctypes.CDLL(None, use_errno=True).syscall(number, command, passed, _ATTRIBUTES)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
