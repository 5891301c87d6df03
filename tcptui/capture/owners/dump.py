"""All TCP sockets of a network namespace that may be connections: a dump of inet_diag.

pyroute2 makes objects of each attribute, some 150 µs a socket; the layouts below are those of linux/inet_diag.h and
linux/netlink.h, which do not change.  One request has IPv4 and IPv6.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NETLINK_SOCK_DIAG: Final = 4
#: The first version of the request, whose dump is of both families.
_TCPDIAG_GETSOCK: Final = 18
_REQUEST_A_DUMP: Final = 0x301
_DONE: Final = 3
#: nlmsghdr: length, type, flags, sequence number, port.
_HEADER: Final = struct.Struct("=IHHII")
#: inet_diag_req: family, lengths, extensions, 48 bytes of inet_diag_sockid, states, dbs.
_REQUEST: Final = struct.Struct("=B3x48xII")
#: inet_diag_msg: family and state, …
_FAMILY_AT: Final = _HEADER.size
_STATE_AT: Final = _FAMILY_AT + 1
#: … inet_diag_sockid: ports, 16 bytes of each address, interface, cookie, …
_ID_AT: Final = _FAMILY_AT + 4
_COOKIE_AT: Final = _ID_AT + 40
#: … uid and inode.
_UID_AT: Final = _COOKIE_AT + 8 + 12
_ATTRIBUTES_AT: Final = _UID_AT + 8
_TWO: Final = struct.Struct("=II")
_ATTRIBUTE: Final = struct.Struct("=HH")
_INET_DIAG_CGROUP_ID: Final = 21
#: include/net/tcp_states.h, by bits: established, SYN sent, FIN wait 1 and 2, close wait, last ACK, closing.  Others
#: are no connection, or nobody's any more.
_STATES: Final = sum(1 << state for state in (1, 2, 4, 5, 8, 9, 11))
_MAPPED: Final = bytes(10) + b"\xff\xff"
_RECEIVED: Final = 1 << 18
#: How long the kernel may take for a part of its answer, in seconds.
_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the kernel's answer, which it made between ``asked_ns`` and ``heard_ns`` of the system's clock."""

    asked_ns: int
    heard_ns: int
    sockets: tuple[bytes, ...]
    """Each an inet_diag_msg with its attributes, behind its nlmsghdr."""


def open_diagnosis() -> socket.socket:
    """A socket to the kernel, which answers about the network namespace that this is called in.  Raises OSError."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG)
    try:
        made.settimeout(_SECONDS)
        made.bind((0, 0))
    except OSError:
        made.close()
        raise
    return made


def dump(kernel: socket.socket) -> Iterator[Part]:
    """All sockets that may be connections.  Raises OSError, after which ``kernel`` is of no more use."""
    body = _REQUEST.pack(socket.AF_INET, _STATES, 0)
    asked = time.time_ns()
    kernel.send(_HEADER.pack(_HEADER.size + len(body), _TCPDIAG_GETSOCK, _REQUEST_A_DUMP, 0, 0) + body)
    while True:
        # What is received now the kernel has made since the time before, when room for it came.
        data = kernel.recv(_RECEIVED)
        heard = time.time_ns()
        found, at = list[bytes](), 0
        while at + _HEADER.size <= len(data):
            length, kind, *_ = _HEADER.unpack_from(data, at)
            if kind == _DONE:
                yield Part(asked, heard, tuple(found))
                return
            if kind != _TCPDIAG_GETSOCK or length < _ATTRIBUTES_AT:
                raise OSError("not an answer")
            found.append(data[at : at + length])
            at += (length + 3) & ~3
        yield Part(asked, heard, tuple(found))
        asked = heard


class OwnNamespace:
    """The sockets of the network namespace that this is made in."""

    def __init__(self) -> None:
        """Raises OSError where the kernel has no such tables."""
        self._kernel = open_diagnosis()

    def parts(self) -> Iterator[Part]:
        """As `dump`.  Raises OSError, and then each time."""
        try:
            yield from dump(self._kernel)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Idempotent."""
        self._kernel.close()


def message_of(local: tuple[bytes, int], peer: tuple[bytes, int], state: int, uid: int, inode: int) -> bytes | None:
    """A message about a socket that another table has, whose inode is its cookie; None: it may not be a connection.

    Raises struct.error where a number has no room.
    """
    if not _STATES >> state & 1:
        return None
    (source, port), (target, peer_port) = local, peer
    family = socket.AF_INET if len(source) == 4 else socket.AF_INET6
    return b"".join((
        bytes(_HEADER.size), bytes((family, state, 0, 0)), struct.pack(">HH", port, peer_port),
        source.ljust(16, b"\0"), target.ljust(16, b"\0"), bytes(4), inode.to_bytes(8, "little"), bytes(12),
        _TWO.pack(uid, inode),
    ))  # fmt: skip


def ends_of(message: bytes) -> bytes:
    """A socket's identity: its ports, addresses and cookie."""
    return message[_ID_AT : _COOKIE_AT + 8]


def key_of(message: bytes) -> bytes:
    """The addresses and ports, as `key` makes them."""
    source, peer = message[_ID_AT + 4 : _ID_AT + 20], message[_ID_AT + 20 : _ID_AT + 36]
    if message[_FAMILY_AT] == socket.AF_INET:
        source, peer = source[:4], peer[:4]
    elif source.startswith(_MAPPED):
        source, peer = source[12:], peer[12:]
    return message[_ID_AT : _ID_AT + 4] + source + peer


def key(local: bytes, local_port: int, peer: bytes, peer_port: int) -> bytes:
    """The addresses (4 or 16 bytes) and ports of a connection as its ``local`` end has them."""
    return local_port.to_bytes(2) + peer_port.to_bytes(2) + local + peer


def cookie_of(message: bytes) -> int:
    """The kernel's number of the socket, which no other one gets."""
    return int.from_bytes(message[_COOKIE_AT : _COOKIE_AT + 8], "little")


def user_and_inode(message: bytes) -> tuple[int, int]:
    """The user that made the socket, and its inode; inode 0: nobody has it open, and the user is not known."""
    uid, inode = _TWO.unpack_from(message, _UID_AT)
    return uid, inode


def group_of(message: bytes) -> int:
    """The number of its control group; 0: this kernel does not say."""
    at = _ATTRIBUTES_AT
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        if length < _ATTRIBUTE.size:
            break
        if kind == _INET_DIAG_CGROUP_ID and length >= _ATTRIBUTE.size + 8:
            return int.from_bytes(message[at + 4 : at + 12], "little")
        at += (length + 3) & ~3
    return 0
