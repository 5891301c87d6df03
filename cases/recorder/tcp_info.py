"""``TCP_INFO`` of a socket as a dictionary (linux/tcp.h, struct tcp_info)."""

from __future__ import annotations

import socket
import struct
from typing import Final

_LAYOUT: Final = (
    ("=BBBBBBBB", "state ca_state retransmits probes backoff options wscale flags"),
    ("=IIII", "rto ato snd_mss rcv_mss"),
    ("=IIIII", "unacked sacked lost retrans fackets"),
    ("=IIII", "last_data_sent last_ack_sent last_data_recv last_ack_recv"),
    ("=IIIIIIII", "pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering"),
    ("=III", "rcv_rtt rcv_space total_retrans"),
    ("=QQQQ", "pacing_rate max_pacing_rate bytes_acked bytes_received"),
    ("=IIIIII", "segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out"),
    ("=QQQQ", "delivery_rate busy_time rwnd_limited sndbuf_limited"),
    ("=II", "delivered delivered_ce"),
    ("=QQ", "bytes_sent bytes_retrans"),
    ("=IIII", "dsack_dups reord_seen rcv_ooopack snd_wnd"),
)
WANTED: Final = 512


def tcp_info(connection: socket.socket) -> dict[str, int]:
    """What the kernel knows of a connection; times in microseconds, as the kernel gives them.

    Fields that an older kernel does not have are left out.
    """
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, WANTED)
    values: dict[str, int] = {}
    at = 0
    for layout, names in _LAYOUT:
        size = struct.calcsize(layout)
        if at + size > len(raw):
            break
        values.update(zip(names.split(), struct.unpack_from(layout, raw, at), strict=True))
        at += size
    return values
