"""What TCP, IP, link layers and capture files can be made of by somebody who wants the analysis to take long."""

from __future__ import annotations

import random
import struct
from itertools import chain, count, repeat
from typing import TYPE_CHECKING, Final

from .frames import (
    ACK,
    CLIENT_ISN,
    CWR,
    ECE,
    ETHERNET,
    FIN,
    PSH,
    RST,
    SERVER,
    SYN,
    Blocks,
    Pair,
    ethernet,
    ip,
    ipv6,
    option,
    pcap,
    sacks,
    stamps,
    timed_pcap,
    udp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DATA: Final = b"x" * 48
_TEN: Final = b"0123456789"
_ONE: Final = Pair()
_RTO_NS: Final = 300_000_000
_SEED: Final = 20_240_911


def _cycle(*frames: bytes) -> Iterator[bytes]:
    while True:
        yield from frames


def _many(*makers: Callable[[int], bytes]) -> Iterator[bytes]:
    """Each maker's frame of number 0, 1, 2 …"""
    for number in count():
        for make in makers:
            yield make(number)


def _one(frames: Iterator[bytes], pair: Pair = _ONE) -> Iterator[bytes]:
    """One connection: its handshake, and ``frames``."""
    return chain(pair.opened(), frames)


def _each(make: Callable[[Pair], list[bytes]]) -> Iterator[bytes]:
    """The packets of connections by any number of clients and ports."""
    for number in count():
        host = b"\x0a" + struct.pack(">I", 0x10000 + number // 50_000)[1:]
        yield from make(Pair(1_024 + number % 50_000, client=host))


# -- one connection ---------------------------------------------------------------------


def _duplicate_acks() -> Iterator[bytes]:
    return _one(chain([_ONE.s(ACK | PSH, 11, 1, _TEN)], repeat(_ONE.c(ACK, 1, 1))))


def _duplicate_acks_and_resends() -> Iterator[bytes]:
    def recovered(number: int) -> list[bytes]:
        at = 1 + 20 * number
        lost, rest, same = _ONE.s(ACK | PSH, at, 1, _TEN), _ONE.s(ACK | PSH, at + 10, 1, _TEN), _ONE.c(ACK, 1, at)
        return [lost, rest, same, same, same, same, lost, _ONE.c(ACK, 1, at + 20)]

    return _one(chain.from_iterable(map(recovered, count())))


def _all_fast_resends() -> Iterator[bytes]:
    """A window of segments, three duplicate ACKs, and all of them again and again."""
    window = [_ONE.s(ACK | PSH, 1 + 10 * number, 1, _TEN) for number in range(200)]
    return _one(chain(window, _cycle(*[_ONE.c(ACK, 1, 1)] * 4, *window)))


def _probes() -> Iterator[bytes]:
    return _one(chain([_ONE.s(ACK, 1, 1, window=0)], _cycle(_ONE.c(ACK, 1, 1, b"p"), _ONE.s(ACK, 1, 1, window=0))))


def _windows_open_and_close() -> Iterator[bytes]:
    return _one(
        _many(
            lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN),
            lambda n: _ONE.s(ACK, 1, 11 + 10 * n, window=0),
            lambda n: _ONE.s(ACK, 1, 11 + 10 * n, window=1_000),
        )
    )


def _alternating_holes() -> Iterator[bytes]:
    def pair(number: int) -> list[bytes]:
        at = 1 + 20 * number
        return [_ONE.c(ACK | PSH, at + 10, 1, _TEN), _ONE.c(ACK | PSH, at, 1, _TEN)]

    return _one(chain.from_iterable(map(pair, count())))


def _descending(octets: int) -> bytes:
    most = octets // 66
    falling = (_ONE.c(ACK | PSH, 1 + 10 * (most - number), 1, _TEN) for number in range(most))
    return pcap(octets, _one(falling))


def _descending_overlaps(octets: int) -> bytes:
    most = octets // 104
    falling = (_ONE.c(ACK | PSH, 1 + 10 * (most - number), 1, _DATA) for number in range(most))
    return pcap(octets, _one(falling))


def _sack_full_acks() -> Iterator[bytes]:
    def acknowledged(number: int) -> bytes:
        blocks = [(11 + 20 * (number + k), 21 + 20 * (number + k)) for k in range(4)]
        return _ONE.s(ACK, 1, 1, options=sacks(CLIENT_ISN, *blocks))

    return _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN), acknowledged))


def _dsacks() -> Iterator[bytes]:
    def confirmed(number: int) -> bytes:
        at = 1 + 10 * number
        return _ONE.s(ACK, 1, at + 10, options=sacks(CLIENT_ISN, (at, at + 10)))

    def sent(number: int) -> bytes:
        return _ONE.c(ACK | PSH, 1 + 10 * number, 1, _TEN)

    return _one(_many(sent, lambda n: _ONE.s(ACK, 1, 11 + 10 * n), sent, confirmed))


def _port_reuse() -> Iterator[bytes]:
    """Connections one after the other between the same two ports."""
    for number in count():
        pair = Pair(base=100_000 * number)
        yield from pair.opened()
        yield from (
            pair.c(ACK | PSH, 1, 1, _TEN),
            pair.s(ACK | FIN, 1, 11),
            pair.c(ACK | FIN, 11, 2),
            pair.s(ACK, 2, 12),
        )


def _port_reuse_by_syn() -> Iterator[bytes]:
    return (Pair(base=100_000 * number).c(SYN, 0, 0) for number in count())


def _refused_again() -> Iterator[bytes]:
    pairs = (Pair(base=100_000 * number) for number in count())
    return chain.from_iterable([pair.c(SYN, 0, 0), pair.s(RST | ACK, 0, 1)] for pair in pairs)


def _syn_acks_of_all_numbers() -> Iterator[bytes]:
    return chain([_ONE.c(SYN, 0, 0)], (_ONE.s(SYN | ACK, 1_000 * number, 1) for number in count()))


def _acked_syn_acks() -> Iterator[bytes]:
    """SYN-ACKs of other numbers, and ACKs that fit none of them."""
    return chain(
        [_ONE.c(SYN, 0, 0)],
        _many(lambda n: _ONE.s(SYN | ACK, 1_000 * n, 1), lambda n: _ONE.c(ACK, 1, 500 + 1_000 * n)),
    )


def _simultaneous_open_again() -> Iterator[bytes]:
    return _cycle(_ONE.c(SYN, 0, 0), _ONE.s(SYN, 0, 0), _ONE.c(SYN | ACK, 0, 1), _ONE.s(SYN | ACK, 0, 1))


def _chaos(span: int) -> Callable[[], Iterator[bytes]]:
    """Anything at all, from within ``span`` numbers."""

    def frames() -> Iterator[bytes]:
        drawn = random.Random(_SEED + span)
        flags = [ACK, ACK, ACK | PSH, ACK | PSH, ACK | FIN, RST, RST | ACK, SYN, SYN | ACK, ACK | ECE, FIN, 0]
        while True:
            sender = _ONE.c if drawn.random() < 0.5 else _ONE.s
            data = bytes(drawn.choice([0, 0, 1, 10, 40]))
            yield sender(
                drawn.choice(flags), drawn.randrange(span), drawn.randrange(span), data,
                window=drawn.choice([0, 1, 500, 8_192]), number=drawn.randrange(65_536),
            )  # fmt: skip

    return lambda: _one(frames())


def _time_stamps_jump() -> Iterator[bytes]:
    drawn = random.Random(_SEED)
    return _one(
        _many(
            lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN, options=stamps(drawn.getrandbits(32), n)),
            lambda n: _ONE.s(ACK, 1, 11 + 10 * n, options=stamps(n, drawn.getrandbits(32))),
        )
    )


def _ecn() -> Iterator[bytes]:
    return _one(
        _many(
            lambda n: _ONE.c(ACK | PSH | CWR, 1 + 10 * n, 1, _TEN, tos=3),
            lambda n: _ONE.s(ACK | ECE, 1, 11 + 10 * n, tos=3),
        )
    )


def _ecn_agreed() -> Iterator[bytes]:
    """Marks that come and go, between ends that have agreed on them."""
    agreed = [_ONE.c(SYN | ECE | CWR, 0, 0), _ONE.s(SYN | ACK | ECE, 0, 1), _ONE.c(ACK, 1, 1)]
    return chain(
        agreed,
        _many(
            lambda n: _ONE.c(ACK | PSH | (CWR if n % 5 == 4 else 0), 1 + 10 * n, 1, _TEN, tos=3 if n % 5 == 2 else 2),
            lambda n: _ONE.s(ACK | (ECE if n % 5 in {2, 3} else 0), 1, 11 + 10 * n),
        ),
    )


def _slow_heads(pair: Pair) -> list[bytes]:
    """A request that is sent line by line and never whole."""
    lines = [b"GET / HTTP/1.1\r\n", *(b"X-%d: a\r\n" % n for n in range(4))]
    at, found = 1, pair.opened()
    for line in lines:
        found.append(pair.c(ACK | PSH, at, 1, line))
        at += len(line)
    return found


def _ignored_opening(pair: Pair) -> list[bytes]:
    """SYN-ACKs again and again, each acknowledged, and data that nobody acknowledges."""
    again = [pair.s(SYN | ACK, 0, 1), pair.c(ACK, 1, 1)]
    return [*pair.opened(), pair.c(ACK | PSH, 1, 1, _TEN), *again, *again]


def _reverse_look_up(number: int) -> list[bytes]:
    """A connection, and the server's question for the name of its client, which nobody answers."""
    client = bytes((10, 1 + number // 62_500 % 200, number // 250 % 250, number % 250))
    name = b"".join(b"%c%s" % (len(label), label) for label in [*(b"%d" % one for one in client[::-1])])
    question = struct.pack(">6H", number & 0xFFFF, 0x100, 1, 0, 0, 0) + name + b"\x07in-addr\x04arpa\0\0\x0c\0\x01"
    pair = Pair(port=30_000 + number % 30_000, sport=25, client=client)
    asked = ip(udp(20_000 + number % 40_000, 53, question), 17, source=SERVER, target=b"\x0a\x00\x00\x35")
    return [*pair.opened(), asked, pair.s(ACK | PSH, 1, 1, _TEN)]


def _closed_resolver(number: int) -> list[bytes]:
    """A question, and the error of ICMP that turns it away."""
    question = ip(udp(20_000 + number % 40_000, 53, _dns_question(number)), 17)
    return [question, _icmp_about(question, 3, 3)]


def _dns_question(number: int) -> bytes:
    return struct.pack(">6H", number & 0xFFFF, 0x100, 1, 0, 0, 0) + _name(f"h{number}.example") + b"\0\1\0\1"


def _icmp_about(segment: bytes, kind: int, code: int, word: int = 0) -> bytes:
    return ip(struct.pack(">BBHI", kind, code, 0, word) + segment[:48], 1, source=SERVER, target=segment[12:16])


def _icmp_errors() -> Iterator[bytes]:
    sent = _ONE.c(ACK | PSH, 1, 1, _TEN)
    return _one(chain([sent], repeat(_icmp_about(sent, 3, 1))))


def _fragmentation_needed() -> Iterator[bytes]:
    return _one(
        _many(
            lambda n: _ONE.c(ACK | PSH, 1 + 10 * (n // 2), 1, _TEN, fragment=0x4000),
            lambda n: _icmp_about(_ONE.c(ACK | PSH, 1 + 10 * (n // 2), 1, _TEN), 3, 4, 500),
        )
    )


def _capable(pair: Pair) -> list[bytes]:
    key = struct.pack(">BBBBQ", 30, 12, 0x01, 0x01, 0x1122_3344_5566_7788 + pair.port)
    return [pair.c(SYN, 0, 0, options=key), pair.s(SYN | ACK, 0, 1, options=key)]


def _joining(pair: Pair) -> list[bytes]:
    token = struct.pack(">BBBBII", 30, 12, 0x10, 1, 0x1234_5678, pair.port)
    return [pair.c(SYN, 0, 0, options=token), pair.s(SYN | ACK, 0, 1, options=struct.pack(">BB14s", 30, 16, b"\x10"))]


def _mptcp_data() -> Iterator[bytes]:
    def sent(number: int) -> bytes:
        mapping = struct.pack(">BBBBIIIHH", 30, 20, 0x20, 0x05, number, 10 * number, 1 + 10 * number, 10, 0)
        return _ONE.c(ACK | PSH, 1 + 10 * number, 1, _TEN, options=mapping)

    def answered(number: int) -> bytes:
        address = struct.pack(">BBBB4sH", 30, 10, 0x34, number & 255, struct.pack(">I", number), 0)
        return _ONE.s(ACK, 1, 11 + 10 * number, options=address)

    return chain(_capable(_ONE), _many(sent, answered))


# -- many connections --------------------------------------------------------------------


def _whole(pair: Pair) -> list[bytes]:
    return [
        *pair.opened(), pair.c(ACK | PSH, 1, 1, _TEN), pair.s(ACK | PSH, 1, 11, _TEN), pair.c(ACK | FIN, 11, 11),
        pair.s(ACK | FIN, 11, 12), pair.c(ACK, 12, 12),
    ]  # fmt: skip


def _in_trouble(pair: Pair) -> list[bytes]:
    sent = pair.c(ACK | PSH, 1, 1, _TEN)
    return [*pair.opened(), sent, sent, sent, pair.s(RST, 1, 0)]


def _opened_at_once(pair: Pair) -> list[bytes]:
    return [pair.c(SYN, 0, 0), pair.s(SYN, 0, 0), pair.c(SYN | ACK, 0, 1), pair.s(SYN | ACK, 0, 1)]


# -- link layers and IP ------------------------------------------------------------------


def _fragments(number: int) -> bytes:
    """The first fragment of a datagram that never comes whole."""
    return ip(_ONE.c(ACK | PSH, 1, 1, _DATA)[20:60], number=number, fragment=0x2000)


def _fragment_pairs(number: int) -> list[bytes]:
    whole = _ONE.c(ACK | PSH, 1 + 48 * number, 1, _DATA)[20:]
    return [ip(whole[:32], number=number, fragment=0x2000), ip(whole[32:], number=number, fragment=4)]


def _small_fragments(step: int) -> Callable[[], Iterator[bytes]]:
    """Datagrams of 8,000 fragments of ``step`` bytes at every eighth byte, the first one last."""

    def frames() -> Iterator[bytes]:
        for number in count():
            for place in range(8_000, -1, -1):
                yield ip(bytes(step), number=number, fragment=0x2000 * (place < 8_000) | place)

    return frames


def _nested(depth: int, wrap: Callable[[bytes], bytes]) -> Callable[[], Iterator[bytes]]:
    def frames() -> Iterator[bytes]:
        for packet in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
            whole = packet
            for _ in range(depth):
                whole = wrap(whole)
            yield whole

    return frames


def _tagged(tags: int) -> Iterator[bytes]:
    tag = struct.pack(">HH", 7, 0x8100)
    last = struct.pack(">HH", 7, 0x0800)
    for packet in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        yield ethernet(tag * (tags - 1) + last + packet, 0x8100)


def _labelled(labels: int) -> Iterator[bytes]:
    label = struct.pack(">I", 16 << 12 | 64)
    for packet in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        yield ethernet(label * (labels - 1) + struct.pack(">I", 16 << 12 | 0x100 | 64) + packet, 0x8847)


def _extended(headers: int) -> Iterator[bytes]:
    """IPv6 with so many extension headers (destination options)."""
    more = struct.pack(">BB6s", 60, 0, b"\x01\x04")
    last = struct.pack(">BB6s", 6, 0, b"\x01\x04")
    for packet in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        yield ipv6(more * (headers - 1) + last + packet[20:], 60)


def _ip_options(kind: bytes) -> Iterator[bytes]:
    for packet in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        yield b"\x4f" + packet[1:2] + struct.pack(">H", len(packet) + 40) + packet[4:20] + kind + packet[20:]


def _tcp_options(options: bytes) -> Iterator[bytes]:
    return _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN, options=options)))


def _ipv6_options(size: int) -> Iterator[bytes]:
    """One hop-by-hop header after the other with nothing but Pad1."""
    following, step = 0, size // 8 - 1
    header = struct.pack(">BB", following, step) + bytes(size - 2)
    last = struct.pack(">BB", 6, step) + bytes(size - 2)
    for packet in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        yield ipv6(header * 7 + last + packet[20:], 0)


def _sctp(chunks: int) -> Iterator[bytes]:
    data = b"".join(
        struct.pack(">BBHIHHI", 0, 3, 20, number, 1, number & 0xFFFF, 0) + b"abcd" for number in range(chunks)
    )
    return repeat(ip(struct.pack(">HHII", 5_000, 5_001, 1, 0) + data, 132))


def _name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\x00"


def _dns(number: int, *, answers: int = 0, of: int = 1) -> bytes:
    question = _name(f"n{number % 50_000}.shop.test") + b"\x00\x01\x00\x01"
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x09"
    head = struct.pack(">HHHHHH", number // of & 0xFFFF, 0x8180 if answers else 0x0100, 1, answers, 0, 0)
    message = head + question + record * answers
    if answers:
        return ip(udp(53, 40_000, message), 17, source=SERVER, target=b"\x0a\x00\x00\x01")
    return ip(udp(40_000, 53, message), 17)


def _arp(number: int) -> bytes:
    body = struct.pack(">HHBBH6sI6sI", 1, 0x0800, 6, 4, 1, b"\x02" * 6, number, bytes(6), number + 1)
    return ethernet(body, 0x0806)


# -- capture files -------------------------------------------------------------------------


def _interfaces(octets: int) -> bytes:
    file = Blocks(octets)
    packets = iter(_each(_whole))
    for number in count():
        file.interface(options=option(2, b"eth%d" % number))
        file.packet(next(packets), interface=number)
        if not file.has_room:
            break
    return file.file()


def _comments(octets: int) -> bytes:
    file = Blocks(octets)
    file.interface()
    for frame in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        file.packet(frame, option(1, b"a comment"))
        if not file.has_room:
            break
    return file.file()


def _comments_of_one_packet(octets: int) -> bytes:
    file = Blocks(octets)
    file.interface()
    comments = option(1, b"abc") * 1_000
    for frame in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        file.packet(frame, comments)
        if not file.has_room:
            break
    return file.file()


def _blocks(kind: int, make: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """A few packets among any number of other blocks."""

    def file_of(octets: int) -> bytes:
        file = Blocks(octets)
        file.interface()
        for number in count():
            file.block(kind, make(number))
            if number % 50 == 0:
                file.packet(_ONE.c(ACK | PSH, 1 + 10 * number, 1, _TEN))
            if not file.has_room:
                break
        return file.file()

    return file_of


def _sections(octets: int) -> bytes:
    file = Blocks(octets)
    for frame in _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN))):
        file.interface()
        file.packet(frame)
        if not file.has_room:
            break
        file.block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    return file.file()


def _names(number: int) -> bytes:
    name = b"host%d.test\x00" % number
    record = struct.pack(">I", 0x0A00_0001 + number) + name
    return struct.pack("<HH", 1, len(record)) + record + bytes(-len(record) % 4) + struct.pack("<HH", 0, 0)


def _key_lines(number: int) -> bytes:
    line = b"CLIENT_RANDOM %064x %096x\n" % (number, number)
    return struct.pack("<II", 0x544C_534B, len(line)) + line


def _times(step_ns: int) -> Callable[[int], bytes]:
    def file_of(octets: int) -> bytes:
        frames = _one(_many(lambda n: _ONE.c(ACK | PSH, 1 + 10 * n, 1, _TEN), lambda n: _ONE.s(ACK, 1, 11 + 10 * n)))
        begin = 1_000_000_000_000_000_000
        return timed_pcap(octets, ((begin + number * step_ns, frame) for number, frame in enumerate(frames)))

    return file_of


def _of(
    make: Callable[[], Iterator[bytes]], *, link: int = 101, every_ns: int = 1_000_000
) -> Callable[[int], bytes]:  # fmt: skip
    return lambda octets: pcap(octets, make(), link=link, every_ns=every_ns)


def _of_one(*makers: Callable[[int], bytes], every_ns: int = 1_000_000) -> Callable[[int], bytes]:
    """One connection: handshake, then each maker's segment of number 0, 1, 2 …"""
    return lambda octets: pcap(octets, _one(_many(*makers)), every_ns=every_ns)


def _after(first: bytes, *makers: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """One connection: handshake, ``first``, then each maker's segment of number 0, 1, 2 …"""
    return lambda octets: pcap(octets, _one(chain([first], _many(*makers))))


def _client(flags: int, step: int, data: bytes = b"", **more: int) -> Callable[[int], bytes]:
    return lambda n: _ONE.c(flags, 1 + step * n, 1, data, **more)


def _server(flags: int, step: int, data: bytes = b"", **more: int) -> Callable[[int], bytes]:
    return lambda n: _ONE.s(flags, 1, 1 + step * n, data, **more)


#: A function from a size in bytes to a capture file of about that size, by the name of what fills it.
SHAPES: Final[dict[str, Callable[[int], bytes]]] = {
    "duplicate-acks": _of(_duplicate_acks),
    "duplicate-acks-and-resends": _of(_duplicate_acks_and_resends),
    "all-fast-resends": _of(_all_fast_resends),
    "equal-resets": _of_one(_client(RST, 0)),
    "resets-of-both": _of_one(_client(RST | ACK, 10), _server(RST | ACK, 10)),
    "resets-with-text": _of_one(_client(RST, 0, _TEN)),
    "equal-segments": _of_one(_client(ACK | PSH, 0, _TEN)),
    "equal-segments-late": _of_one(_client(ACK | PSH, 0, _TEN), every_ns=_RTO_NS),
    "equal-segments-answered": _of_one(_client(ACK | PSH, 0, _TEN), _server(ACK, 0)),
    "resends-of-both": _of_one(_client(ACK | PSH, 0, _TEN), lambda n: _ONE.s(ACK | PSH, 1, 1, _TEN), every_ns=_RTO_NS),
    "every-segment-twice": _of_one(lambda n: _ONE.c(ACK | PSH, 1 + 10 * (n // 2), 1, _TEN)),
    "every-segment-twice-late": _of_one(lambda n: _ONE.c(ACK | PSH, 1 + 10 * (n // 2), 1, _TEN), every_ns=_RTO_NS),
    "window-again-and-again": _of_one(lambda n: _ONE.c(ACK | PSH, 1 + 10 * (n % 500), 1, _TEN), every_ns=_RTO_NS),
    "copies-of-the-network": _of_one(lambda n: _ONE.c(ACK | PSH, 1 + 10 * (n // 2), 1, _TEN, number=1 + n // 2)),
    "resends-acknowledged-before": _of_one(_client(ACK | PSH, 0, _TEN), lambda n: _ONE.s(ACK, 1, 11)),
    "needless-resends-confirmed": _of(_dsacks),
    "overlapping": _of_one(_client(ACK | PSH, 1, _DATA)),
    "overlapping-nested": _of_one(lambda n: _ONE.c(ACK | PSH, 1, 1, bytes(1 + n % 1_000))),
    "overlapping-descending": _descending_overlaps,
    "overlapping-late": _of_one(_client(ACK | PSH, 1, _DATA), every_ns=_RTO_NS),
    "descending": _descending,
    "alternating-holes": _of(_alternating_holes),
    "holes-never-filled": _of_one(_client(ACK | PSH, 20, _TEN)),
    "sequence-jumps": _of_one(_client(ACK | PSH, 0x3FFF_FFFF, _TEN)),
    "sequence-wraps": _of_one(_client(ACK | PSH, 0x7FFF_FFF0, _TEN), _server(ACK, 0x7FFF_FFF0)),
    "acknowledged-unseen": _of_one(_client(ACK | PSH, 0, _TEN), _server(ACK, 1_000)),
    "sack-full-acks": _of(_sack_full_acks),
    "zero-window-probes": _of(_probes),
    "windows-open-and-close": _of(_windows_open_and_close),
    "window-updates": _of_one(lambda n: _ONE.s(ACK, 1, 1, window=1 + n % 60_000)),
    "windows-shrink": _of_one(
        _client(ACK | PSH, 10, _TEN), lambda n: _ONE.s(ACK, 1, 11 + 10 * n, window=60_000 - n % 60_000)
    ),
    "zero-windows-reset": _of_one(
        lambda n: _ONE.s(ACK, 1, 1, window=0), lambda n: _ONE.s(RST, 1, 0), lambda n: _ONE.c(ACK | PSH, 1, 1, _TEN)
    ),
    "window-full": _of_one(lambda n: _ONE.s(ACK, 1, 1 + 10 * n, window=10), _client(ACK | PSH, 10, _TEN)),
    "keep-alives": _of_one(lambda n: _ONE.c(ACK, 0, 1), lambda n: _ONE.s(ACK, 1, 1), every_ns=20_000_000_000),
    "keep-alives-unanswered": _of_one(lambda n: _ONE.c(ACK, 0, 1), every_ns=20_000_000_000),
    "equal-fins": _of_one(lambda n: _ONE.c(FIN | ACK, 1, 1)),
    "rising-fins": _of_one(_client(FIN | ACK, 1)),
    "fins-of-both": _of_one(_client(FIN | ACK, 1, b"z"), _server(FIN | ACK, 1)),
    "half-closed-answers": _after(
        _ONE.c(FIN | ACK, 1, 1),
        lambda n: _ONE.s(ACK | PSH, 1 + 10 * n, 2, _TEN),
        lambda n: _ONE.c(ACK, 2, 11 + 10 * n),
    ),
    "data-after-fin": _after(
        _ONE.c(FIN | ACK, 1, 1), lambda n: _ONE.c(ACK | PSH, 2 + 10 * n, 1, _TEN), lambda n: _ONE.s(RST, 1, 0)
    ),
    "data-after-reset": _after(_ONE.s(RST, 1, 0), _client(ACK | PSH, 10, _TEN)),
    "reset-and-acks": _of_one(lambda n: _ONE.c(RST, 1, 0), lambda n: _ONE.c(ACK, 1, 1)),
    "challenge-acks": _of_one(lambda n: _ONE.c(SYN, 50 + n, 0), lambda n: _ONE.s(ACK, 1, 1)),
    "challenged-resets": _of_one(lambda n: _ONE.c(RST, 5 + n % 1_000, 0), lambda n: _ONE.s(ACK, 1, 1)),
    "syn-storm": _of(lambda: repeat(_ONE.c(SYN, 0, 0))),
    "syn-acks-again": _of(lambda: chain([_ONE.c(SYN, 0, 0)], repeat(_ONE.s(SYN | ACK, 0, 1)))),
    "syn-acks-of-all-numbers": _of(_syn_acks_of_all_numbers),
    "syn-acks-acknowledged-wrongly": _of(_acked_syn_acks),
    "syn-and-syn-ack-again": _of(lambda: _cycle(_ONE.c(SYN, 0, 0), _ONE.s(SYN | ACK, 0, 1)), every_ns=_RTO_NS),
    "port-reuse": _of(_port_reuse),
    "port-reuse-by-syn": _of(_port_reuse_by_syn),
    "refused-again": _of(_refused_again),
    "simultaneous-open-again": _of(_simultaneous_open_again),
    "simultaneous-opens": _of(lambda: _each(_opened_at_once)),
    "chaos-in-a-hundred": _of(_chaos(100)),
    "chaos-in-a-window": _of(_chaos(60_000)),
    "chaos-everywhere": _of(_chaos(1 << 32)),
    "time-stamps-jump": _of(_time_stamps_jump),
    "congestion-marks": _of(_ecn),
    "single-bytes": _of_one(_client(ACK | PSH, 1, b"x"), _server(ACK, 1)),
    "slow-answers": _of_one(
        _client(ACK | PSH, 10, _TEN), lambda n: _ONE.s(ACK | PSH, 1 + 10 * n, 11 + 10 * n, _TEN), every_ns=_RTO_NS
    ),
    "marks-come-and-go": _of(_ecn_agreed),
    "conflicting-copies": _of_one(lambda n: _ONE.c(ACK | PSH, 1 + 10 * (n // 2), 1, _TEN if n % 2 else _TEN[::-1])),
    "conflicting-copies-of-one": _of_one(lambda n: _ONE.c(ACK | PSH, 1, 1, b"%010d" % n)),
    "connections-with-a-conflict": _of(
        lambda: _each(lambda pair: [*pair.opened(), *(pair.c(ACK | PSH, 1, 1, one) for one in (_TEN, _TEN[::-1]))])
    ),
    "ack-loop": _of_one(lambda n: _ONE.c(ACK, 1, 1_000_000), lambda n: _ONE.s(ACK, 1, 1_000_000)),
    "ack-loops": _of(
        lambda: _each(lambda pair: [*pair.opened(), *[pair.c(ACK, 1, 1 << 20), pair.s(ACK, 1, 1 << 20)] * 12])
    ),
    "resets-from-elsewhere-refuted": _of_one(
        _client(ACK | PSH, 10, _TEN),
        lambda n: _ONE.s(RST, 1, 0, ttl=40 + n % 7),
        lambda n: _ONE.s(ACK, 1, 11 + 10 * n),
    ),
    "recorded-twice": _of_one(
        lambda n: _ONE.c(ACK | PSH, 1 + 10 * (n // 2), 1, _TEN, number=1 + n // 2),
        lambda n: _ONE.s(ACK, 1, 11 + 10 * (n // 2), number=1 + n // 2),
        every_ns=1_000,
    ),
    "slow-heads": _of(lambda: _each(_slow_heads), every_ns=_RTO_NS),
    "openings-ignored": _of(lambda: _each(_ignored_opening), every_ns=_RTO_NS),
    "reverse-look-ups": _of(lambda: chain.from_iterable(map(_reverse_look_up, count()))),
    "closed-resolver": _of(lambda: chain.from_iterable(map(_closed_resolver, count()))),
    "icmp-errors": _of(_icmp_errors),
    "fragmentation-needed": _of(_fragmentation_needed),
    "mptcp-data": _of(_mptcp_data),
    "mptcp-capable": _of(lambda: _each(_capable)),
    "mptcp-joins": _of(lambda: _each(_joining)),
    "connections-of-one-syn": _of(lambda: _each(lambda pair: [pair.c(SYN, 0, 0)])),
    "connections-of-one-segment": _of(lambda: _each(lambda pair: [pair.c(ACK | PSH, 1, 1, _TEN)])),
    "connections-in-trouble": _of(lambda: _each(_in_trouble)),
    "connections-refused": _of(lambda: _each(lambda pair: [pair.c(SYN, 0, 0), pair.s(RST | ACK, 0, 1)])),
    "connections-and-icmp-errors": _of(
        lambda: _each(lambda pair: [pair.c(SYN, 0, 0), _icmp_about(pair.c(SYN, 0, 0), 3, 1)])
    ),
    "whole-connections": _of(lambda: _each(_whole)),
    "fragments-of-all-numbers": _of(lambda: _many(_fragments)),
    "fragments-by-two": _of(lambda: chain.from_iterable(map(_fragment_pairs, count()))),
    "fragments-of-eight-bytes": _of(_small_fragments(8)),
    "fragments-overlapping": _of(_small_fragments(32)),
    "ip-in-ip": _of(_nested(20, lambda packet: ip(packet, 4))),
    "gre": _of(_nested(20, lambda packet: ip(b"\x00\x00\x08\x00" + packet, 47))),
    "vxlan": _of(_nested(10, lambda packet: ip(udp(40_000, 4_789, b"\x08" + bytes(7) + ethernet(packet)), 17))),
    "ip-in-ip-deep": _of(_nested(1_000, lambda packet: ip(packet, 4))),
    "vlan-tags": _of(lambda: _tagged(300), link=ETHERNET),
    "vlan-tags-deep": _of(lambda: _tagged(15_000), link=ETHERNET),
    "mpls-labels": _of(lambda: _labelled(300), link=ETHERNET),
    "mpls-labels-deep": _of(lambda: _labelled(15_000), link=ETHERNET),
    "ipv6-extension-headers": _of(lambda: _extended(100)),
    "ipv6-extension-headers-deep": _of(lambda: _extended(8_000)),
    "ipv6-padding": _of(lambda: _ipv6_options(2_048)),
    "ip-options": _of(lambda: _ip_options(b"\x01" * 40)),
    "ip-routes": _of(lambda: _ip_options(b"\x07\x27\x28" + bytes(36) + b"\x00")),
    "tcp-options": _of(lambda: _tcp_options(b"\x01" * 40)),
    "tcp-options-unknown": _of(lambda: _tcp_options(b"\xfd\x02" * 20)),
    "sctp-chunks": _of(lambda: _sctp(3_000)),
    "udp-conversations": _of(lambda: (ip(udp(1_024 + n // 50_000, n % 50_000, b"x"), 17) for n in count())),
    "udp-of-one": _of(lambda: repeat(ip(udp(4_000, 4_001, b"x" * 20), 17))),
    "dns-questions": _of(lambda: _many(_dns)),
    "dns-answered": _of(lambda: _many(_dns, lambda n: _dns(n, answers=1))),
    "dns-answered-of-one-number": _of(
        lambda: _many(lambda n: _dns(n, of=1 << 30), lambda n: _dns(n, answers=1, of=1 << 30))
    ),
    "dns-records": _of(lambda: _many(lambda n: _dns(n, answers=4_000))),
    "arp": _of(lambda: _many(_arp), link=ETHERNET),
    "echoes": _of(lambda: _many(lambda n: ip(struct.pack(">BBHHH", 8, 0, 0, 7, n & 0xFFFF) + bytes(20), 1))),
    "echoes-of-one-number": _of(lambda: repeat(ip(struct.pack(">BBHHH", 8, 0, 0, 7, 7) + bytes(20), 1))),
    "empty-packets": _of(lambda: repeat(b"")),
    "clock-runs-backwards": _times(-1_000_000_000),
    "clock-jumps-days": _times(100_000_000_000_000),
    "pcapng-interfaces": _interfaces,
    "pcapng-comments": _comments,
    "pcapng-comments-of-one-packet": _comments_of_one_packet,
    "pcapng-sections": _sections,
    "pcapng-names": _blocks(4, _names),
    "pcapng-secrets": _blocks(10, _key_lines),
    "pcapng-statistics": _blocks(5, lambda n: struct.pack("<III", 0, 0, n) + option(4, struct.pack("<Q", n))),
    "pcapng-unknown-blocks": _blocks(0x7FFF, lambda n: b""),
}  # fmt: skip
