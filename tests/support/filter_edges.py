"""A capture for the edges of what filters compute, and which of its frames tshark 4.0.17 lets pass."""

from __future__ import annotations

import struct
from typing import Final

from captures import ACK, CLIENT, PSH, SERVER, Tape

_HALF: Final = 1 << 31
_MOST: Final = (1 << 32) - 1
#: Sequence number, acknowledgement number, bytes of payload.
_SEGMENTS: Final = (
    (0, 0, 0), (1, 5, 1), (5, 1, 5), (5, _MOST - 4, 3), (_HALF - 1, 1, 0), (_HALF - 1, _HALF - 1, 2),
    (_HALF, _HALF - 1, 3), (_HALF, 5, 0), (_HALF + 1, _HALF, 1), (_MOST, 1, 4), (1, _MOST, 2), (_MOST, _MOST, 0),
    (65535, 65537, 0), (65536, 65536, 0),
)  # fmt: skip


#: An IP header and the first 8 bytes of a TCP header.
_QUOTED: Final = struct.pack(
    "!BBHHHBBH8sHHI", 0x45, 0, 40, 7, 0, 64, 6, 0, bytes([10, 0, 0, 1, 10, 0, 0, 2]), 9, 80, 77
)


def edges() -> Tape:
    """A request, a datagram, numbers where 31 and 32 bits end, a header that is quoted, and one in a tunnel."""
    tape = Tape()
    tape.tcp(0, f"{CLIENT}:40000", f"{SERVER}:80", PSH | ACK, 1001, 9001, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    tape.ip(1, CLIENT, SERVER, 17, struct.pack("!HHHH", 53, 53, 12, 0) + b"data")
    for number, (seq, ack, size) in enumerate(_SEGMENTS):
        ends = f"{SERVER}:{80 + number}", f"{CLIENT}:{41000 + number}"
        tape.tcp(2 + number * 400, *ends, ACK, seq, ack, b"x" * size)
    tape.ip(9000, "10.0.0.9", CLIENT, 1, struct.pack("!BBHI", 4, 0, 0, 0) + _QUOTED)
    inner = Tape()
    inner.tcp(0, "10.9.0.1:40000", "10.9.0.2:9999", ACK, 1, 1, b"within")
    tape.ip(9001, CLIENT, SERVER, 4, inner.records[0][1])
    return tape


ALL: Final = tuple(range(1, 19))
SEGMENTS: Final = (1, *range(3, 17), 18)
FILLED: Final = (1, 4, 5, 6, 8, 9, 11, 12, 13, 18)
#: Filters, and the frames that pass.
PASSING: Final[dict[str, tuple[int, ...]]] = {
    # A value that is too short gives the bytes up to the first range that does not fit.
    'http.host[0:3] != "abc"': (1,),
    'http.host[0:3] == ""': (1,),
    "tcp.payload[0:100] != 00": FILLED,
    "tcp.payload[0:100] == 00": (),
    "tcp.payload[0:100] !== 00": FILLED,
    "tcp.payload[0:100] === 00": (),
    "tcp.payload[0:100] < 00": FILLED,
    "all tcp.payload[0:100] > 00": (),
    "not tcp.payload[0:100] != 00": (2, 3, 7, 10, 14, 15, 16, 17),
    "tcp.payload[0:100]": (),
    "tcp.payload[0:2,0:100]": (1, 5, 6, 8, 9, 12, 13, 18),
    "tcp.payload[0:100,0:2]": (),
    "tcp.payload[0:2,0:100,0:1] == 47:45": (1,),
    "tcp.payload[0:2,0:100] contains 47": (1,),
    'tcp.payload[0:2,0:100] matches "g"': (1,),
    "tcp.payload[1,100] == 45": (1,),
    "tcp.payload[0:100] == tcp.payload[0:101]": FILLED,
    "tcp.payload[0:100] != tcp.payload[0:101]": (),
    "tcp.payload[0:1] != tcp.payload[0:100]": FILLED,
    "tcp.payload[-28:] != 00": FILLED,
    "tcp.payload[0:100] contains 47": (),
    "tcp.payload contains tcp.payload[0:100]": FILLED,
    "tcp.payload[0:100] contains tcp.payload[0:100]": (),
    'tcp.payload[0:100] matches "^"': (),
    'not tcp.payload[0:100] matches "x*"': ALL,
    "tcp.payload & tcp.payload[0:100] != 00": FILLED,
    "tcp.payload[0:100][0:1] != 00": FILLED,
    "tcp.payload#1[0:100] != 00": FILLED,
    "tcp.payload#2[0:100] != 00": (),
    "tcp[13:100] != 00": (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
    "ip.src[0:5] != 00": ALL,
    "ip.src[0:4][2:9] != 00": ALL,
    "frame[1000:] != 00": ALL,
    "udp[4:100] != 00": (2,),
    'upper(http.host)[0:3] != "abc"': (1,),
    'string(tcp.len)[1:1] != "8"': SEGMENTS,
    'tcp.payload contains ""': FILLED,
    'http.host contains ""': (),
    'tcp contains ""': (),
    # Where nothing can be computed, only the fields must be there.
    "tcp.len / 0 != 1": SEGMENTS,
    "tcp.len / 0 === 1": SEGMENTS,
    "tcp.len / 0 == 1": (),
    "tcp.len / 0 !== 1": (),
    "all tcp.len / 0 > 1": SEGMENTS,
    "any tcp.len / 0 > 1": (),
    "not tcp.len / 0 != 1": (2, 17),
    "not tcp.len / 0": ALL,
    "tcp.len != tcp.len / 0": SEGMENTS,
    "tcp.len === tcp.len / 0": SEGMENTS,
    "tcp.len / 0 + 1 != 1": SEGMENTS,
    "tcp.len % 0 != 1": SEGMENTS,
    "udp.length / 0 != 1": (2,),
    "tcp.len / 0 != udp.length": (),
    "tcp.len#2 / 0 != 1": (),
    "tcp.window_size / tcp.len != 1": SEGMENTS,
    "all tcp.port / tcp.len > 1": SEGMENTS,
    "all tcp.port / 0 == tcp.port": (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
    "tcp.len / 0 != 1 and tcp.len > 0": FILLED,
    "count(tcp.port) / 0 != 5": (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
    "len(http.host) / 0 != 5": (1,),
    "abs(tcp.len / 0) != 1": (),
    "abs(tcp.len / 0) + 1 != 1": (),
    "tcp.len != max(tcp.len / 0)": (),
    "max(tcp.len / 0) != 1": (),
    "max(tcp.len / 0, tcp.len) > 0": FILLED,
    "min(tcp.len / 0, tcp.len) == 0": (3, 7, 10, 14, 15, 16),
    "max(abs(tcp.len / 0), tcp.len) > 0": FILLED,
    "max(tcp.srcport, udp.srcport) == 80": (3,),
    "max(udp.srcport + 1, tcp.srcport) == 80": (3,),
    "max(udp.srcport) == 53": (2,),
    "all tcp.len in {max(tcp.len / 0), 5}": (5,),
    "tcp.srcport in {udp.srcport, 80}": (3,),
    # Numbers have 32 bits, unsigned until one is below 0.
    "tcp.seq_raw + tcp.ack_raw >= 0": (1, 3, 4, 5, 7, 8, 9, 10, 15, 16, 18),
    "tcp.seq_raw + tcp.ack_raw != 1": SEGMENTS,
    "tcp.seq_raw * tcp.ack_raw < 0": (),
    "tcp.seq_raw * tcp.ack_raw >= 0": (1, 3, 4, 5, 7, 12, 13, 15, 18),
    "tcp.seq_raw * 65536 >= 0": (1, 3, 4, 5, 6, 13, 15, 18),
    "tcp.seq_raw * 65537 >= 0": (1, 3, 4, 5, 6, 13, 15, 18),
    "-tcp.seq_raw < 0": (1, 4, 5, 6, 7, 8, 13, 15, 16, 18),
    "-tcp.seq_raw != 1": SEGMENTS,
    "-tcp.seq_raw == 2147483649": (),
    "tcp.ack_raw - tcp.seq_raw < 0": (5, 7),
    "tcp.ack_raw - tcp.seq_raw < 5": (3, 4, 5, 7, 8, 14, 15, 16, 18),
    "tcp.ack_raw - tcp.seq_raw >= 0": (1, 3, 4, 6, 8, 13, 14, 15, 16, 18),
    "abs(tcp.ack_raw - tcp.seq_raw) > 5": (1, 6, 7, 13),
    "abs(-tcp.seq_raw) > 5": (1, 7, 8, 15, 16),
    "-tcp.ack_raw + tcp.seq_raw > 0": (5, 7),
    "tcp.len - 100 + tcp.seq_raw > 0": (1, 7, 8, 15, 16),
    "tcp.len - 100 + tcp.seq_raw < 0": (3, 4, 5, 6, 12, 13, 14, 18),
    "tcp.seq_raw + {tcp.len - 100} > 0": (3, 4, 5, 6, 13, 18),
    "tcp.seq_raw - {tcp.len - 100} > 0": (12, 14),
    "tcp.seq_raw * {tcp.len - 100} >= 0": (3, 4, 13, 18),
    "tcp.seq_raw / {tcp.len - 100} == 1": (12, 14),
    "tcp.seq_raw % {tcp.len - 100} == 5": (5, 6),
    "tcp.seq_raw & {tcp.len - 100} == 1": (4, 5),
    "{tcp.len - 100} & tcp.seq_raw < 0": (9, 10, 11, 12, 14),
    "{tcp.len - 100} * tcp.seq_raw > 0": (12, 14),
    "{tcp.len - 100} / tcp.seq_raw > 0": (12, 14),
    "{tcp.len - 100} / tcp.seq_raw < 0": (4, 5, 6, 13, 18),
    "{tcp.len - 100} % tcp.seq_raw < 0": (1, 6, 7, 8, 9, 10, 11, 15, 16),
    "{tcp.len - 100} - tcp.seq_raw > 0": (9, 10, 11),
    "{tcp.len - 100} * 4294967295 > 0": SEGMENTS,
    "-tcp.len + 2147483648 != 0": SEGMENTS,
    "abs(-tcp.len + 2147483648) < 0": (3, 7, 10, 14, 15, 16),
    "{-tcp.len + 2147483648} / 4294967295 != 0": SEGMENTS,
    "tcp.len - 5 & 4294967295 < 0": (3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
    "tcp.len + -5 > 0": (3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
    "tcp.len - -5 != 0": SEGMENTS,
    "tcp.len * -1 > 0": (4, 11),
    # An unsigned number and one below 0 cannot be compared.
    "tcp.ack_raw == -1": (),
    "tcp.ack_raw != -1": SEGMENTS,
    "tcp.ack_raw === -1": SEGMENTS,
    "tcp.ack_raw !== -1": (),
    "tcp.ack_raw < -1": (),
    "tcp.ack_raw > -1": (),
    "all tcp.ack_raw > -1": SEGMENTS,
    "all tcp.ack_raw < -1": SEGMENTS,
    "tcp.ack_raw in {-5 .. -1}": (),
    "all tcp.ack_raw in {-5 .. -1}": SEGMENTS,
    "all tcp.ack_raw in {-1 .. 5}": (3, 4, 5, 7, 10, 12, 18),
    "tcp.len - 3 > -2": (8, 13),
    "all tcp.len - 3 > -2": (1, 5, 6, 8, 9, 12, 13, 18),
    "tcp.len - 3 === -2": (1, 4, 5, 6, 9, 11, 12, 18),
    "tcp.len - 3 < 4294967295": SEGMENTS,
    "tcp.len - 3 > 4294967290": (),
    "tcp.seq_raw > -tcp.ack_raw": (),
    "tcp.seq_raw === -tcp.ack_raw": SEGMENTS,
    "-tcp.ack_raw < tcp.seq_raw": (1, 4, 5, 7, 8, 9, 10, 12, 15, 16, 18),
    "tcp.ack_raw in {max(tcp.len - 3) .. 4294967295}": (1, 6, 9, 12),
    "max(tcp.len, -5) == 5": (5,),
    "min(tcp.len, -5) == 5": (5,),
    "min(tcp.len - 100, tcp.len) < 0": SEGMENTS,
    "min(tcp.len, tcp.len - 100) < 0": (),
    "max(tcp.len - 100, tcp.len) < 0": (),
    "min(tcp.port - 30000) < 0": (1, 17, 18),
    "max(tcp.port - 30000) > 0": SEGMENTS,
    "frame.number === -1": ALL,
    "abs(frame.time_delta - frame.time_relative) < 0": (3, 4, 5, 6),
    "abs(frame.time_delta - 5) > 0": ALL,
    # No value is in a set, whatever the quantifier.
    "tcp.port not in {80}": (2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18),
    "all tcp.port not in {80}": (2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18),
    "any tcp.port not in {80}": (2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18),
    "not all tcp.port in {80}": ALL,
    "all tcp.port not in {79, 200}": ALL,
    "all tcp.len not in {-1 .. 3}": ALL,
    "all udp.port not in {80}": ALL,
    # A quoted header that is cut has what is left of it.
    "tcp.port == 9": (17,),
    "tcp.seq_raw == 77": (),
    "tcp.srcport < tcp.dstport": (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
    "not tcp.port": (2,),
    "tcp.len": SEGMENTS,
    # What is looked for in a payload is found wherever the headers are.
    'tcp.payload contains "with"': (18,),
    "tcp.payload contains 78": (1, 4, 5, 6, 8, 9, 11, 12, 13),
    'tcp contains "with"': (18,),
    'ip#1 contains "with"': (18,),
    'ip#2 matches "with"': (18,),
    'tcp#2 contains "with"': (),
    'udp#1 contains "data"': (2,),
    "ip#1 contains ip#2": (17, 18),
    "ip.addr[0:5] != 00": ALL,
    "ip.ttl#2 - 65 < 0": (17, 18),
}  # fmt: skip
