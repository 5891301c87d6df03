"""Frames that pass, as tshark 4.0.17 has them: a sample of the matrix of `filter_matrix`, drawn by hash."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, FIN, PSH, SYN, Tape, mixed
from encapsulations import write_capture
from filter_edges import PASSING, edges
from filter_matrix import Matrix, frames, frames_of_both
from ip_pieces import pieces, segment, whole, write_raw
from sharkd import Sharkd

from tcptui.dfilter.compile import compile_filter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tshark

MEANINGS: Final = (
    "tcp.flags.syn", "tcp.port != 80", "not tcp.port == 80", "tcp.port not in {80}", "count(tcp.port) == 0",
    "count(tcp.port) == 2", "ip.src == ip.dst", "all ip.ttl < 20", "any ip.src != ip.dst", "ip.addr === 10.0.0.1",
    "tcp.port > -1", "tcp.len in {-1 .. 5}", "tcp.dstport - 900 < 0", "tcp.len / 0 == 1", "tcp.flags & 2 == 2",
    "frame.number + 1 & 1", "tcp[13] == 18", "tcp[13] == 0x12", "frame contains 71", "tcp.payload[0:100]== 00",
    "ip.addr[0] == 0a", "len(tcp.port) == 2", 'ip contains "GET"', "len(ip) == 20", "len(tcp) > 20",
    'frame matches "get"', 'frame matches "G.T|x{3}"', "ip.src == 10.0.0.77/24", "ip.src & 255.255.255.0 == 10.0.0.0",
    "max(tcp.srcport, tcp.dstport) == 40001", "min(tcp.srcport, tcp.dstport) == 80", "abs(tcp.len) > 3",
    'string(ip.src) matches "^10"', "tcp.srcport + tcp.dstport > 40080", "tcp.srcport == tcp.dstport",
    "any tcp.port === tcp.srcport === 80", "all tcp.port == tcp.srcport == 80",
    "tcp.srcport > tcp.dstport", "all tcp.port > 79", "all tcp.port in {80, 40001}", "tcp.port === 80",
    "tcp.port !== 80", "tcp.seq % 2 == 1", "-tcp.len < 0", "tcp.payload > 48", "tcp.payload < 48:00",
    "tcp[-2:] == 00:00", "tcp.srcport in {79 .. 81, 2222}", "not tcp and not udp",
    "tcp.len > 0 and not tcp.dstport == 80 or ip.ttl == 1",
    "tcp.payload#1", "ip#2", "tcp.port#1 == 80", "tcp.port#[-1] == 80", 'http.request.method == "GET"',
    'http.host contains "example"', "tcp.stream * 2 == 4", "tcp.time_delta > 0.03", "frame.time_relative < 0.1",
    "tcp.seq_raw + 4294967295 > 1000", "tcp.seq_raw * 2 > 4294967295", "-tcp.dstport == -80", "tcp[20:]",
    "tcp.dstport - 50000 > -10", 'string(tcp.flags) contains "1"', "tcp.payload & ff:ff == 47:45",
    "tcp.payload[0:100] != 00", "tcp[13:100] === 00", 'http.host[0:9] contains "a.e"', "tcp.payload#1[2:9]",
    "tcp.len / 0 != 1", "all tcp.port / tcp.len > 1", "tcp.len === tcp.window_size / tcp.len", "udp.length / 0 != 1",
    "max(tcp.len / 0, tcp.len) > 0", "tcp.ack_raw - tcp.seq_raw < 0", "tcp.seq_raw * tcp.ack_raw > 100000000",
    "tcp.port !== -1", "all tcp.len in {-1 .. 5}", "min(tcp.port - 30000) < 0", "tcp.options[0:2] == 02:04",
)  # fmt: skip
CORPUS: Final = (
    "PcapPlusPlus-one_tcp_stream.pcap", "lab-wsapp.pcap", "packets-tcp_zerowindowrecovery.pcapng",
    "tcptrace-6syns.pcap", "ptcpdump-mptcp.pcap",
)  # fmt: skip


def test_the_meaning_of_every_operator(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    session = open_file(path)
    count = session.store.count
    differing = {}
    with Sharkd() as sharkd:
        sharkd.load(path)
        for text in MEANINGS:
            mine = FilterRun(session, compile_filter(text)).matching(0, count)
            theirs = frames(sharkd, text)
            if session.store.frame[:count][mine].tolist() != theirs:
                differing[text] = theirs

    assert differing == {}


def test_requests_and_responses_are_paired_and_counted_as_tshark_does(tmp_path: Path) -> None:
    """Two requests in a segment, 100 Continue, and an answer to each."""
    tape, client, server = Tape(), "10.0.0.1:40001", "192.0.2.10:80"
    tape.handshake(0, client, server)
    get = b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n"
    post = b"POST /b HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    ok, going_on = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"
    seq = {client: 1001, server: 9001}
    for number, (one, other, said) in enumerate([
        (client, server, get), (server, client, ok), (client, server, get + get), (server, client, ok),
        (server, client, ok), (client, server, post), (server, client, going_on), (client, server, b"hi"),
        (server, client, ok),
    ]):  # fmt: skip
        tape.tcp(50 + 10 * number, one, other, PSH | ACK, seq[one], seq[other], said)
        seq[one] += len(said)
    path = tmp_path / "http.pcap"
    path.write_bytes(tape.pcap())
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        matrix.hold(path, session, sharkd, "http.", None)

    assert matrix.all.asked > 500
    # tshark says of 100 Continue the URI of the request before, whose answer it was not.
    known = ("http.file_data", "http.response_for.uri")
    assert {field: told for (field, _), told in matrix.examples.items() if field not in known} == {}


def quotes() -> Tape:
    """ICMP errors that quote segments of connections with window scaling, whole or cut behind some bytes."""
    tape, options = Tape(), bytes.fromhex("020405b4 01030307")

    def error(ms: int, cut: int | None) -> None:
        head = struct.pack("!BBHI", 3, 1, 0, 0)
        tape.ip(ms, "10.9.9.9", "10.0.0.1", 1, head + tape.records[-1][1][:cut])

    for number, cut in enumerate((None, 28, 36, 38, 40, 44)):
        client, server, ms = f"10.0.0.1:{41000 + number}", "192.0.2.10:80", number * 1_000
        tape.tcp(ms, client, server, SYN, 1000, 0, options=options)
        if number % 2:
            error(ms + 10, cut)
            continue
        tape.tcp(ms + 10, server, client, SYN | ACK, 9000, 1001, options=options)
        tape.tcp(ms + 20, client, server, ACK, 1001, 9001)
        tape.tcp(ms + 100, client, server, PSH | ACK, 1001, 9001, b"GET /" + b"x" * 40)
        error(ms + 120, cut)
        tape.tcp(ms + 130, client, server, ACK | FIN, 1046, 9001)
        error(ms + 140, cut)
    return tape


def test_quoted_headers_have_the_fields_that_tshark_gives_them(tmp_path: Path) -> None:
    """Stream, completeness, window, times: of a whole header all, of a cut one those that tshark still shows."""
    path = tmp_path / "quotes.pcap"
    path.write_bytes(quotes().pcap())
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        matrix.hold(path, session, sharkd, "tcp", 1_500)

    assert matrix.all.asked > 1_000
    assert {field: told for (field, _), told in matrix.examples.items() if field != "tcp.segment_data"} == {}


def datagrams() -> Tape:
    """UDP both ways, quoted before and behind what it quotes, cut, without payload, and with impossible lengths."""
    tape, ends = Tape(), ("10.0.0.1", "10.0.0.2")

    def udp(
        ms: int, source: int, target: int, length: int = 12, kept: int | None = None, data: bytes = b"data"
    ) -> bytes:
        body = struct.pack("!HHHH", source, target, length, 0) + data
        tape.ip(ms, *(ends if source == 1000 else ends[::-1]), 17, body[:kept])
        return tape.records[-1][1]

    def error(ms: int, quoted: bytes) -> None:
        tape.ip(ms, "10.0.0.9", "10.0.0.1", 1, struct.pack("!BBHI", 3, 1, 0, 0) + quoted)

    udp(0, 1000, 2000)
    error(3, udp(1, 1000, 2000))
    udp(4, 2000, 1000)
    later = udp(5, 1000, 2001)
    tape.records.pop()
    for number, cut in enumerate((None, 28, 26)):
        error(6 + number, later[:cut])
    udp(9, 1000, 2002)
    udp(10, 1000, 2001)
    udp(11, 1000, 2003, kept=6)
    for ms, data in ((12, b""), (14, b""), (17, b"x"), (21, b""), (26, b"x")):
        udp(ms, 1000, 2006, 8 + len(data), data=data)
    udp(12, 1000, 2004, length=3)
    udp(13, 1000, 2005, length=300)
    udp(14, 1000, 0)
    udp(15, 2002, 1000)
    return tape


@pytest.mark.parametrize("name", ["", "suricata-verify-vxlan.pcap", "PcapPlusPlus-IcmpPackets.pcapng"])
def test_udp_conversations_are_numbered_and_timed_as_tshark_does(name: str, tmp_path: Path, corpus: Path) -> None:
    path = corpus / "dev" / name if name else tmp_path / "datagrams.pcap"
    if not name:
        path.write_bytes(datagrams().pcap())
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        for prefix in ("udp.stream", "udp.time_"):
            matrix.hold(path, session, sharkd, prefix, None)

    assert matrix.all.asked > 80
    assert matrix.examples == {}


def in_fragments(*, six: bool) -> list[bytes]:
    """ICMP errors that quote a whole or a cut segment, and answers of DNS: whole, and in fragments of either order."""
    ends = {"six": six}

    def told(quoted: bytes) -> bytes:
        return struct.pack("!BBHI", *((1, 4) if six else (3, 1)), 0, 0) + quoted

    def dns(answers: int) -> bytes:
        head = struct.pack("!HHHHHH", 7, 0x8180 if answers else 0x0100, 1, answers, 0, 0)
        answer = b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, 101) + b"\x64" + b"x" * 100
        return head + b"\x04shop\x07example\x00" + struct.pack("!HH", 16, 1) + answer * answers

    def udp(source: int, target: int, data: bytes) -> bytes:
        return struct.pack("!HHHH", source, target, 8 + len(data), 0) + data

    icmp, asked = 58 if six else 1, udp(6000, 53, dns(0))
    data = whole(segment(5000, 1001, bytes(range(256)) * 2), **ends)
    packets = [
        whole(segment(5000, 1000, b"", flags=2), **ends),
        whole(segment(5000, 9000, b"", flags=0x12, back=True), **ends),
        whole(segment(5000, 1001, b"", flags=0x10), **ends),
        data,
    ]
    for label, at in enumerate(((24,), (48, 400), (8,)), 31):
        packets += pieces(told(data), label, protocol=icmp, at=at, back=True, **ends)
    cuts = (None, 60) if six else (None, 60, 40, 28)  # tshark gives up a shorter header that ICMPv6 quotes
    packets += [whole(told(data[:cut]), protocol=icmp, back=True, **ends) for cut in cuts]
    packets += [whole(asked, protocol=17, **ends)]
    packets += pieces(udp(53, 6000, dns(8)), 22, protocol=17, at=(400, 800), back=True, **ends)
    packets += pieces(told(whole(asked, protocol=17, **ends)), 60, protocol=icmp, at=(48,), back=True, **ends)
    packets += pieces(asked, 61, protocol=17, at=(8,), **ends)
    packets += reversed(pieces(udp(53, 6000, dns(3)), 62, protocol=17, at=(16, 160), back=True, **ends))
    return packets


def that_end_early(body: bytes, protocol: int, *, six: bool = False) -> list[bytes]:
    """IP packets with the first byte of ``body``, with two, and so on up to the whole."""
    return [whole(body[:size], protocol=protocol, six=six) for size in range(1, len(body) + 1)]


@pytest.mark.parametrize("how", ["cut", "short", "quoted"])
def test_headers_that_end_early_are_there_as_far_as_tshark_shows_them(how: str, tmp_path: Path) -> None:
    """Cut by the snapshot length, by the sender, and by who quotes them: a quotation needs not hold all."""
    tcp = segment(5000, 1001, b"", flags=0x10)
    udp, echo = struct.pack("!HHHH", 9, 10, 8, 0), struct.pack("!BBHHH", 8, 0, 0, 1, 1) + b"abcd"
    sent = [(body, protocol, six) for body, protocol in ((tcp, 6), (udp, 17)) for six in (False, True)]
    sent += [(echo, 1, False), (b"\x80" + echo[1:], 58, True)]
    frames_of: list[tuple[int, bytes, int]] = []
    for body, protocol, six in sent:
        packet = whole(body, protocol=protocol, six=six)
        head = len(packet) - len(body)
        sizes = range(head + 1, len(packet) + 1)
        if how == "cut":
            frames_of += [(0, packet, size) for size in sizes]
        elif how == "short":
            frames_of += [(0, each, len(each)) for each in that_end_early(body, protocol, six=six)]
        elif not six:
            told = (whole(struct.pack("!BBHI", 3, 1, 0, 0) + packet[:size], protocol=1, back=True) for size in sizes)
            frames_of += [(0, each, len(each)) for each in told]
    path = tmp_path / "early.pcapng"
    write_capture(path, [101], frames_of)
    asked = (
        "tcp", "udp", "icmp", "icmpv6", "tcp.srcport", "udp.srcport", "icmp.type", "icmp.code", "icmpv6.type",
        "icmpv6.echo.identifier", "_ws.malformed", "_ws.short", "data.len", "data.len == 3",
    )  # fmt: skip
    frames_of_both(path, asked)


def test_what_stands_behind_a_quoted_packet_is_not_its_payload_and_tunnels_hold_what_they_carry(tmp_path: Path) -> None:
    """Ethernet's padding, quoted with a bare acknowledgment, was told as bytes of the program."""
    ack = whole(segment(5000, 1001, b"", flags=0x10))
    quoted = whole(struct.pack("!BBHI", 3, 1, 0, 0) + ack + bytes(6), protocol=1, back=True)
    inner = whole(segment(5000, 1001, b"xyz"))
    tunnel = whole(struct.pack("!HH", 0, 0x0800) + inner, protocol=47)
    head = struct.pack("!HHHH", 9, 6081, 8 + 8 + len(inner), 0) + struct.pack("!BBHI", 0, 0, 0x0800, 11 << 8)
    virtual = whole(head + inner, protocol=17)
    path = write_raw(tmp_path / "quoted.pcapng", [ack, quoted, tunnel, virtual])
    asked = (
        "tcp.payload", "data", "len(gre) > 4", "gre[-3:] == 78:79:7a", "gre[0:4] == 00:00:08:00",
        "len(geneve) > 8", "geneve[-3:] == 78:79:7a", "geneve[0:4] == 00:00:08:00",
        "geneve == 00:00:08:00:00:00:0b:00",
    )  # fmt: skip
    frames_of_both(path, asked)


def sent_again() -> Tape:
    """Bytes that pass once more: late, fast, without need, as a keep-alive; of a protocol that nobody reads."""
    tape, client, server = Tape(), "10.0.0.1:40001", "192.0.2.10:60321"
    tape.handshake(0, client, server)
    for ms, seq in ((50, 1001), (51, 1101), (52, 1201), (53, 1301)):
        tape.tcp(ms, client, server, PSH | ACK, seq, 9001, b"x" * 100)
    tape.tcp(60, server, client, ACK, 9001, 1101)
    for ms in (61, 62, 63):
        tape.tcp(ms, server, client, ACK, 9001, 1101)
    tape.tcp(64, client, server, PSH | ACK, 1101, 9001, b"x" * 100)  # fast
    tape.tcp(500, client, server, PSH | ACK, 1201, 9001, b"x" * 100)  # plain
    tape.tcp(600, server, client, ACK, 9001, 1401)
    tape.tcp(700, client, server, PSH | ACK, 1301, 9001, b"x" * 100)  # spurious
    tape.tcp(45_000, client, server, ACK, 1400, 9001, b"x")  # keep-alive
    tape.tcp(45_010, server, client, ACK, 9001, 1401)
    return tape


@pytest.mark.parametrize("cut", [None, 60])
def test_bytes_that_pass_again_are_data_but_in_a_whole_plain_retransmission(cut: int | None, tmp_path: Path) -> None:
    path = tmp_path / "again.pcap"
    path.write_bytes(sent_again().pcap(cut=cut))
    asked = (
        "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission", "tcp.analysis.keep_alive",
        "tcp.analysis.retransmission", "data", "data.len == 100", "tcp.segment_data",
        'frame.protocols contains "data"',
    )  # fmt: skip
    found = frames_of_both(path, asked)
    assert cut or all(found.values()), found


def test_copy_without_need_is_named_where_it_is_the_beginning_of_what_several_segments_carry(tmp_path: Path) -> None:
    tape, client, server = Tape(), "10.0.0.1:40001", "192.0.2.10:80"
    tape.handshake(0, client, server)
    tape.tcp(50, client, server, PSH | ACK, 1001, 9001, b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n" + b"x" * 150
    tape.tcp(60, server, client, ACK, 9001, 1040, answer[:100])
    tape.tcp(61, server, client, PSH | ACK, 9101, 1040, answer[100:])
    tape.tcp(62, client, server, ACK, 1040, 9001 + len(answer))
    tape.tcp(300, server, client, ACK, 9001, 1040, answer[:100])
    tape.tcp(400, server, client, PSH | ACK, 9101, 1040, answer[100:])
    path = tmp_path / "copies.pcap"
    path.write_bytes(tape.pcap())
    found = frames_of_both(path, ("tcp.analysis.spurious_retransmission", "tcp.segment_data", "http"))
    assert all(found.values()), found


@pytest.mark.parametrize("six", [False, True], ids=["IPv4", "IPv6"])
def test_what_fragments_carry_has_the_fields_that_tshark_gives_it(six: bool, tmp_path: Path) -> None:
    path = write_raw(tmp_path / "fragments.pcapng", in_fragments(six=six))
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        for prefix in ("tcp.", "udp", "icmp", "dns.", "ip"):
            matrix.hold(path, session, sharkd, prefix, 300)

    assert matrix.all.asked > 1_000
    # sharkd forgets a conversation's completeness between its passes; `tshark -2 -Y` does not.
    assert {field: told for (field, _), told in matrix.examples.items() if field != "tcp.completeness"} == {}


def test_a_syn_ack_that_a_later_one_contradicts_is_flagged_as_in_tsharks_second_pass(corpus: Path) -> None:
    path = corpus / "dev" / "nDPI-KakaoTalk_chat.pcap"
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        matrix.hold(path, session, sharkd, "tcp.analysis", None)

    assert matrix.all.asked > 500
    assert matrix.examples == {}


def _udp_frame(link: bytes, tail: bytes = b"", *, target: str = "10.0.0.2", protocol: int = 17, ttl: int = 64) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, ttl, protocol, 0) + bytes((10, 0, 0, 1))
    return link + head + ip_address(target).packed + struct.pack("!HHHH", 9, 9, 8, 0) + tail


def test_what_fills_frames_up_unusual_lifetimes_and_labels_within_ppp(tmp_path: Path) -> None:
    """Only a frame of 60 bytes or more was padded; IGMP goes one hop to all local groups; PPP carries MPLS."""
    ethernet = bytes([2] * 6 + [4] * 6 + [8, 0])
    tails = [fill * count + more for count in (0, 1, 14, 17, 18, 22) for fill in (b"\0", b"x") for more in (b"", b"y")]
    sent = [(0, _udp_frame(ethernet, tail)) for tail in tails]
    sent += [
        (0, _udp_frame(ethernet, target=f"224.0.0.{last}", protocol=protocol, ttl=ttl))
        for last in (1, 18, 251) for protocol in (2, 17) for ttl in (1, 255)
    ]  # fmt: skip
    sent += [(1, _udp_frame(bytes.fromhex("ff03") + kind + b"\0\1\x21\x40")) for kind in (b"\2\x81", b"\2\x83")]
    path = tmp_path / "filled.pcapng"
    write_capture(path, [1, 9], [(interface, frame, len(frame)) for interface, frame in sent])
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        for prefix in ("eth", "ip", "udp"):
            matrix.hold(path, session, sharkd, prefix, None)

    assert matrix.all.asked > 500
    assert matrix.examples == {}


def test_sentat_the_edges(tmp_path: Path) -> None:
    """What `test_edges` holds without tshark is what tshark says."""
    path = tmp_path / "edges.pcap"
    path.write_bytes(edges().pcap())
    with Sharkd() as sharkd:
        sharkd.load(path)
        theirs = {text: tuple(frames(sharkd, text) or ()) for text in PASSING}

    assert theirs == PASSING


@pytest.mark.parametrize("name", CORPUS)
def test_fields_of_a_capture(name: str, corpus: Path) -> None:
    path = corpus / "dev" / name
    matrix, session = Matrix(), open_file(path)
    with Sharkd() as sharkd:
        sharkd.load(path)
        matrix.hold(path, session, sharkd, "", 400)

    assert matrix.all.asked > 300
    assert matrix.examples == {}


@pytest.mark.parametrize(
    "name",
    [
        "suricata-verify-http2-deflate-case.pcap", "suricata-verify-http2_userinfo_in_authority_1.pcap",
        "zeek-variant-03-cl_negative.pcap", "lab-wsapp.pcap", "zeek-oversized-close-frame.pcapng",
    ],
)  # fmt: skip
def test_protocols_within_http_are_counted_as_tshark_does(name: str, corpus: Path) -> None:
    """Several messages of a packet are one layer, and HTTP/2 and WebSocket stand within HTTP."""
    path = corpus / "dev" / name
    layers = ("http:http2", "http2:http2", "tcp:http2", "http:http", "http:websocket", "tcp:websocket")
    asked = (
        *(f'frame.protocols matches "{text}(:|$)"' for text in layers),
        "http2#2", "http2.streamid#2", "http2.type#1 == 8", "http#2", "websocket#2", "len(websocket) == 2",
        "len(websocket) > 2", "websocket <= 88:82:19:db:13:62:1a:32", "websocket[0:] == 88:82:19:db:13:62",
        "websocket contains 1a:32", "websocket contains 7d", "count(http.chat) == 2",
        "_ws.expert.severity == 2097152", "_ws.expert.group == 33554432 and http",
    )  # fmt: skip
    frames_of_both(path, asked)
