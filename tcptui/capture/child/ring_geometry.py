"""A packet socket's ring layout and filter, queried from the kernel (sock_diag(7), packet(7), socket(7)).

libpcap sets up ring and filter, but exposes neither the ring's block size and count nor whether the kernel accepted
the filter.  Linux only; elsewhere, and where the kernel does not answer, the functions return None and False.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from dataclasses import dataclass
from typing import Final

# Constants of linux/socket.h, linux/if_packet.h, asm/socket.h, linux/netlink.h, linux/sock_diag.h, linux/packet_diag.h.
_SOL_PACKET: Final = 263
_PACKET_VERSION: Final = 10
_TPACKET_V3: Final = 2
_SO_GET_FILTER: Final = 26
_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_DUMP: Final = 0x1 | 0x300
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_SHOW_RING: Final = 0x4
_RX_RING: Final = 2
_HEADER: Final = struct.Struct("=IHHII")
_REQUEST: Final = struct.Struct("=BBHIIII")
#: struct packet_diag_msg, before the attributes: family, type, protocol, inode, cookie.
_ANSWER: Final = struct.Struct("=BBHIII")
_ATTRIBUTE: Final = struct.Struct("=HH")
#: struct packet_diag_ring: block size and count, frame size and count, block timeout, private size, features.
_RING: Final = struct.Struct("=7I")
_ANSWER_SECONDS: Final = 1.0
_ANSWER_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class RingGeometry:
    """A ring of ``blocks`` contiguous blocks of ``block_bytes`` each."""

    block_bytes: int
    blocks: int


def ring_geometry(descriptor: int) -> RingGeometry | None:
    """The receive ring of the packet socket ``descriptor``; None when it has no TPACKET_V3 ring."""
    family = getattr(socket, "AF_PACKET", None)
    netlink = getattr(socket, "AF_NETLINK", None)
    if family is None or netlink is None:
        return None
    try:
        with socket.socket(fileno=os.dup(descriptor)) as same:
            if same.family != family or same.getsockopt(_SOL_PACKET, _PACKET_VERSION) != _TPACKET_V3:
                return None
        with socket.socket(netlink, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(_ANSWER_SECONDS)
            question = _REQUEST.pack(family, 0, 0, 0, _SHOW_RING, 0, 0)
            kernel.send(
                _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + question
            )
            inode = os.fstat(descriptor).st_ino & 0xFFFF_FFFF
            while True:
                found, is_over = _find(kernel.recv(_ANSWER_BYTES), inode)
                if found is not None or is_over:
                    return found
    except OSError:
        return None


def has_kernel_filter(descriptor: int) -> bool:
    """Whether a BPF filter is attached to the socket ``descriptor`` in the kernel."""
    # Not socket.getsockopt: for SO_GET_FILTER the length counts instructions, and 0 asks how many there are.
    length = ctypes.c_uint32(0)
    failed = ctypes.CDLL(None).getsockopt(descriptor, socket.SOL_SOCKET, _SO_GET_FILTER, None, ctypes.byref(length))
    return not failed and length.value > 0


def _find(answers: bytes, inode: int) -> tuple[RingGeometry | None, bool]:
    """The ring of the socket ``inode`` in the netlink messages ``answers``, and whether the search is over."""
    at = 0
    while at + _HEADER.size <= len(answers):
        size, kind, *_ = _HEADER.unpack_from(answers, at)
        if kind in (_NLMSG_ERROR, _NLMSG_DONE) or size < _HEADER.size:
            return None, True
        body = answers[at + _HEADER.size : at + size]
        if len(body) >= _ANSWER.size and _ANSWER.unpack_from(body)[3] == inode:
            return _ring_of(body), True
        at += -(-size // 4) * 4
    return None, False


def _ring_of(body: bytes) -> RingGeometry | None:
    at = _ANSWER.size
    while at + _ATTRIBUTE.size <= len(body):
        size, kind = _ATTRIBUTE.unpack_from(body, at)
        if kind == _RX_RING and size >= _ATTRIBUTE.size + _RING.size:
            block_bytes, blocks, *_ = _RING.unpack_from(body, at + _ATTRIBUTE.size)
            return RingGeometry(block_bytes, blocks) if block_bytes and blocks else None
        if size < _ATTRIBUTE.size:
            break
        at += -(-size // 4) * 4
    return None
