"""What a mistake is called, and what is offered instead; near twins that are right say nothing."""

from __future__ import annotations

import pytest

from tcptui.dfilter.capture_words import translate
from tcptui.dfilter.compile import MAXIMUM_REMARKS, Cost, compile_filter
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.names import is_foreign, nearest
from tcptui.dfilter.remarks import RemarkKey


def mistake(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    return caught.value


@pytest.mark.parametrize(("text", "kind", "offer"), [
    ("tcp.port = 80", Mistake.CHARACTER, "tcp.port == 80"),
    ("tcp.port => 80", Mistake.CHARACTER, "tcp.port >= 80"),
    ("tcp | udp", Mistake.CHARACTER, "tcp or udp"),
    ("tcp AND udp", Mistake.UNEXPECTED, "tcp and udp"),
    ("tcp.port <> 80", Mistake.UNEXPECTED, "tcp.port != 80"),
    ("tcp.port is 80", Mistake.UNEXPECTED, "tcp.port == 80"),
    ("tcp.port in {80 443}", Mistake.UNEXPECTED, "tcp.port in {80 , 443}"),
    ("tcp.port == 80 or 443 or 8080", Mistake.NOT_A_FIELD, "tcp.port in {80, 443, 8080}"),
    ("(tcp or (udp", Mistake.UNEXPECTED_END, "(tcp or (udp))"),
    ("http.request.uri == /a/b", Mistake.UNEXPECTED, 'http.request.uri == "/a/b"'),
    ("http.user_agent == Mozilla/5.0", Mistake.TYPE_HAS_NO, 'http.user_agent == "Mozilla/5.0"'),
    ('ip.src == "10.0.0.1"', Mistake.VALUE, "ip.src == 10.0.0.1"),
    ("ip.src == ::1", Mistake.VALUE, "ipv6.src == ::1"),
    ("ip.proto == tcp", Mistake.INCOMPATIBLE, 'ip.proto == "tcp"'),
    ('tcp.flags == "SYN,ACK"', Mistake.VALUE, "tcp.flags.syn == 1 and tcp.flags.ack == 1"),
    ("tcp.prot == 80", Mistake.UNKNOWN_FIELD, "tcp.port == 80"),
    ("TCP", Mistake.UNKNOWN_FIELD, "tcp"),
    ("10.0.0.1", Mistake.NOT_A_FIELD, "ip.addr == 10.0.0.1"),
    ("fe80::1", Mistake.NOT_A_FIELD, "ipv6.addr == fe80::1"),
    ("443", Mistake.NOT_A_FIELD, "tcp.port == 443"),
    ("GET", Mistake.UNKNOWN_FIELD, 'http.request.method == "GET"'),
    ("qwertz", Mistake.UNKNOWN_FIELD, 'frame contains "qwertz"'),
    ("port 80", Mistake.UNEXPECTED, "(tcp.port == 80 or udp.port == 80)"),
    ("tcp port 80 and not host 10.0.0.1", Mistake.UNEXPECTED, "tcp.port == 80 and not ip.addr == 10.0.0.1"),
    ("tcp[tcpflags] & tcp-syn != 0", Mistake.RANGE, "tcp.flags.syn == 1"),
])  # fmt: skip
def test_mistake_is_named_and_something_right_is_offered(text: str, kind: Mistake, offer: str) -> None:
    error = mistake(text)

    assert error.mistake is kind
    assert error.suggestion is not None
    assert (error.suggestion.replacement or "").replace(" ,", ",") == offer.replace(" ,", ",")
    compile_filter(offer)


@pytest.mark.parametrize(("text", "place"), [
    ("tcp and foo == 1", (8, 3)), ("tcp.port == 80 udp", (15, 3)), ("tcp.port ==", (11, 0)), ("ip.ttl == 256", (10, 3)),
    ("tcp.port in {1, 70000}", (16, 5)), ('http.host matches "("', (18, 3)), ("eth[1-0] == 01", (3, 5)),
])  # fmt: skip
def test_mistake_is_where_it_is(text: str, place: tuple[int, int]) -> None:
    span = mistake(text).span

    assert (span.offset, span.length) == place


def test_field_that_tshark_alone_has_is_told_from_one_that_nobody_has() -> None:
    assert mistake("dns.eui64 contains x").mistake is Mistake.FOREIGN_FIELD
    assert mistake("tcp.checksum_bad.expert").mistake is Mistake.FOREIGN_FIELD
    assert mistake("quic").mistake is Mistake.FOREIGN_FIELD
    assert mistake("tcp.nonsense").mistake is Mistake.UNKNOWN_FIELD
    assert mistake("dns.nonsense").mistake is Mistake.UNKNOWN_FIELD
    assert not is_foreign("tcp.port")
    assert not is_foreign("nonsense.name")


def test_nearest_names_are_near() -> None:
    assert nearest("tcp.prot")[0] == "tcp.port"
    assert nearest("IP.SRC")[0] == "ip.src"
    assert "tcp.analysis.retransmission" in nearest("retransmission")
    assert nearest("zzzzzzzz") == ()


@pytest.mark.parametrize(("words", "display"), [
    ("host 10.0.0.1", "ip.addr == 10.0.0.1"), ("src host 10.0.0.1", "ip.src == 10.0.0.1"),
    ("dst ::1", "ipv6.dst == ::1"), ("net 10.0.0.0/8", "ip.addr == 10.0.0.0/8"),
    ("udp dst port 53", "udp.dstport == 53"), ("tcp portrange 1-9", "tcp.port in {1..9}"),
    ("not (port 80 or port 81)",
     "not ((tcp.port == 80 or udp.port == 80) or (tcp.port == 81 or udp.port == 81))"),
    ("ip6 and tcp port 80", "ipv6 and tcp.port == 80"), ("greater 100", "frame.len >= 100"),
    ("port 80 or 443", "(tcp.port == 80 or udp.port == 80) or (tcp.port == 443 or udp.port == 443)"),
    ("tcp src port 80 or 443 and not host 10.0.0.1",
     "tcp.srcport == 80 or tcp.srcport == 443 and not ip.addr == 10.0.0.1"),
    ("src host 10.0.0.1 or 10.0.0.2", "ip.src == 10.0.0.1 or ip.src == 10.0.0.2"),
    ("host 10.0.0.1 or ::1", "ip.addr == 10.0.0.1 or ipv6.addr == ::1"),
    ("tcp src or dst port 80", "tcp.port == 80"),
    ("tcp src and dst port 80", "(tcp.srcport == 80 and tcp.dstport == 80)"),
    ("net 10/8", "ip.addr == 10.0.0.0/8"), ("src net 192.168", "ip.src == 192.168.0.0/16"),
    ("ether host 00:11:22:33:44:55", "eth.addr == 00:11:22:33:44:55"),
    ("vlan 5 and port 1", "vlan.id == 5 and (tcp.port == 1 or udp.port == 1)"),
    ("ip proto 47", "ip.proto == 47"), ("tcp[tcpflags] & tcp-syn != 0", "tcp.flags.syn == 1"),
    ("tcp[13] & (tcp-syn|tcp-ack) == tcp-syn", "tcp.flags & 0x12 == 0x02"),
    ("tcp[tcpflags] & (tcp-rst | tcp-fin) != 0 and src 10.0.0.1", "tcp.flags & 0x05 and ip.src == 10.0.0.1"),
])  # fmt: skip
def test_capture_filter_is_translated(words: str, display: str) -> None:
    assert translate(words) == display
    compile_filter(display)


@pytest.mark.parametrize(
    "words",
    [
        "tcp",
        "tcp.port == 80",
        "host example.com",
        "port http",
        "ether proto 0x88cc",
        "port",
        "",
        "port 80 or x",
        "80 or port 80",
        "net 10.0.0.0.0",
        "net 300/8",
        "src or dst",
        "tcp[13] & tcp-syx != 0",
        "vlan x and port 1",
        "host 10.0.0.1 or 80",
    ],
)
def test_what_is_no_capture_filter_or_not_understood_is_not_translated(words: str) -> None:
    assert translate(words) is None


@pytest.mark.parametrize(("text", "key", "twin"), [
    ("tcp.flags.syn", RemarkKey.EXISTS_TCP, "tcp.flags.syn == 1"),
    ("websocket.fin", RemarkKey.EXISTS, "websocket.fin == True"),
    ("tcp.len != 0", RemarkKey.NOT_EQUAL, "tcp.len > 0"),
    ("ip.addr != 10.0.0.1", RemarkKey.NOT_EQUAL_PAIR, "not ip.addr == 10.0.0.1"),
    ("tcp.port not in {80}", RemarkKey.NOT_IN, "tcp.port in {80}"),
    ("tcp[13] == 18", RemarkKey.HEXADECIMAL, "tcp[13] == 0x12"),
    ("tcp.port == 0120", RemarkKey.OCTAL, "tcp.port == 120"),
    ("tcp.port > -1", RemarkKey.NEVER, "tcp.window_size_scalefactor == -1"),
    ("tcp.len == -1", RemarkKey.NEVER, "tcp.len == -0"),
    ("ip.ttl > 20 and ip.ttl < 30", RemarkKey.SEVERAL, "tcp.len > 20 and tcp.len < 30"),
    ('frame.time > "2023-11-14"', RemarkKey.LOCAL_TIME, 'frame.time > "2023-11-14T00:00:00Z"'),
    ("count(tcp.port) == 0", RemarkKey.COUNT_ZERO, "count(tcp.port) == 2"),
    ('ip contains "a"', RemarkKey.PROTOCOL_BYTES, 'frame contains "a"'),
    ('tcptui.client.state == "SYN-SENT"', RemarkKey.STATE_THEN, 'tcptui.finding == "syn-timeout"'),
    ("frame", RemarkKey.EVERY_FRAME, "tcp"),
    ("http.response >= 500", RemarkKey.TRUTH_NUMBER, "http.response == 1"),
    ("http.response in {500 .. 599}", RemarkKey.TRUTH_NUMBER, "http.response.code in {500 .. 599}"),
    ("tcp.flags.syn == 2", RemarkKey.TRUTH_NUMBER, "tcp.flags.syn != 0"),
    ("tcptui.marked == 0x5", RemarkKey.TRUTH_NUMBER, "tcptui.marked == true"),
    ("http >= 500", RemarkKey.PROTOCOL_NUMBER, 'http contains "500"'),
    ("tcp == 80", RemarkKey.PROTOCOL_NUMBER, "tcp[0:2] == 00:50"),
    ("http.host == abc", RemarkKey.UNQUOTED, 'http.host == "abc"'),
    ("tcp xor udp", RemarkKey.LATER, "tcp or udp"),
    ("tcp.port bitand 1", RemarkKey.LATER, "tcp.port & 1"),
    ("@tcp.port == 00:50", RemarkKey.LATER, "tcp.port == 80"),
    ("1 < tcp.port < 9", RemarkKey.LATER_CONSTANT, "tcp.srcport < tcp.dstport < 9"),
    ("tcp.flags.syn == true", RemarkKey.LATER, "tcp.flags.syn == True"),
    ("ip.stream == 1", RemarkKey.LATER_FIELD, "tcp.stream == 1"),
    ("any tcp.port === tcp.srcport === 80", RemarkKey.CHAIN, "any tcp.port === 80"),
])  # fmt: skip
def test_trap_is_told_and_its_twin_is_not(text: str, key: RemarkKey, twin: str) -> None:
    assert key in {remark.key for remark in compile_filter(text).remarks}
    assert key not in {remark.key for remark in compile_filter(twin).remarks}


@pytest.mark.parametrize(("text", "meant"), [
    ("http.response >= 500", "http.response.code >= 500"),
    ("tcp.port == 80 and http.response == 404", "tcp.port == 80 and http.response.code == 404"),
    ("http.response in {500 .. 599}", "http.response.code in {500 .. 599}"),
    ("http == 404", "http.response.code == 404"),
    ("http2 == 503", "http2.headers.status == 503"), ("smtp >= 500", "smtp.response.code >= 500"),
    ("tcp == 80", "tcp.port == 80"), ("udp == 500", "udp.port == 500"), ("icmp == 8", "icmp.type == 8"),
    ("http == 80", None), ("http.response == 7", None), ("tcp.flags.syn == 5", None), ("udp == 99999", None),
    ("http.request >= 500", None),
])  # fmt: skip
def test_number_beside_a_truth_value_or_protocol_is_told_with_the_field_that_was_meant(
    text: str, meant: str | None
) -> None:
    kinds = (RemarkKey.TRUTH_NUMBER, RemarkKey.PROTOCOL_NUMBER)
    told = [remark for remark in compile_filter(text).remarks if remark.key in kinds]

    assert [remark.replacement for remark in told] == [meant]
    if meant is not None:
        assert not {remark.key for remark in compile_filter(meant).remarks} & set(kinds)


def test_traps_without_end_are_told_up_to_a_number() -> None:
    compiled = compile_filter(" or ".join(["ip.addr != 10.0.0.1"] * 500))

    assert len(compiled.remarks) == MAXIMUM_REMARKS
    assert {remark.replacement for remark in compiled.remarks} == {None}


def test_xor_that_stands_for_a_value_is_one() -> None:
    """4.0 reads the word as text where a value may be, and so do we."""
    assert compile_filter("http.host == xor").test == compile_filter('http.host == "xor"').test


@pytest.mark.parametrize(("text", "cost"), [
    ("tcp.len > 0 and tcp.flags.syn == 1", Cost.COLUMNS), ("tcp.port == 80", Cost.TABLES),
    ("tcptui.server_think > 0.2", Cost.TABLES), ("http.host", Cost.PACKETS), ('frame contains "a"', Cost.PACKETS),
    ("count(tcp.len) == 1", Cost.PACKETS), ("tcp.len#1 > 0", Cost.PACKETS), ("", Cost.COLUMNS),
])  # fmt: skip
def test_cost_is_that_of_the_dearest_field(text: str, cost: Cost) -> None:
    assert compile_filter(text).cost is cost


def test_fields_are_named_once_in_order() -> None:
    compiled = compile_filter("udp or tcp.len > 1 or udp")

    assert [field.name for field in compiled.fields] == ["udp", "tcp.len"]
