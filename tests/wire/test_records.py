"""Record framing: every format, every reason to stop, cut at every byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.wire import records
from tcptui.wire.numba_compile import compiler_available
from tcptui.wire.pcapng_options import packet_comments
from tcptui.wire.record_scanner import Scanner
from tcptui.wire.records import MAX_INTERFACES, RecordParser, Stop

SECOND = 1_000_000_000


@dataclass
class Read:
    parser: RecordParser
    packets: list[bytes] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    wire: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


def read(data: bytes, *cuts: int, scanner: Scanner | None = None) -> Read:
    """All packets of ``data``, which arrives in pieces that end at ``cuts``."""
    found = Read(RecordParser(scanner or Scanner()))
    buffer = np.frombuffer(data + bytes(64), np.uint8).copy()
    used = 0
    for end in (*cuts, len(data)):
        while True:
            batch, step = found.parser.parse(buffer[used:], end - used)
            if batch is not None:
                for start, size in zip(batch.start.tolist(), batch.captured.tolist(), strict=True):
                    found.packets.append(data[used + start : used + start + size])
                found.times += batch.time_ns.tolist()
                found.wire += batch.wire.tolist()
                found.numbers += batch.number.tolist()
                found.links += [found.parser.interfaces[place].link_type for place in batch.interface.tolist()]
            used += step
            if batch is None and not step:
                break
    found.parser.finish(len(data) - used)
    return found


def pcap(
    *packets: tuple[int, int, bytes], order: str = "<", magic: int = 0xA1B2C3D4, minor: int = 4, extra: int = 0
) -> bytes:
    head = struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, 65_535, 1)
    return head + b"".join(
        struct.pack(order + "IIII", second, part, len(data), len(data) + 5) + bytes(extra) + data
        for second, part, data in packets
    )


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def section(order: str = "<", options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(link: int = 1, snaplen: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order)


def enhanced(ticks: int, data: bytes, index: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFF_FFFF, len(data), len(data) + 5)
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def snoop(*packets: tuple[int, int, bytes], link: int = 4, pad: int = 3) -> bytes:
    return b"snoop\0\0\0" + struct.pack(">II", 2, link) + b"".join(
        struct.pack(">6I", len(data) + 5, len(data), 24 + len(data) + pad, 0, second, part) + data + bytes(pad)
        for second, part, data in packets
    )  # fmt: skip


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "extra", "factor"), [
    (0xA1B2C3D4, 0, 1000), (0xA1B23C4D, 0, 1), (0xA1B2CD34, 8, 1000),
])  # fmt: skip
def test_pcap_of_each_kind_and_byte_order_is_read(order: str, magic: int, extra: int, factor: int) -> None:
    found = read(pcap((7, 5, b"abc"), (8, 999_999, b"defg"), order=order, magic=magic, extra=extra))

    assert found.packets == [b"abc", b"defg"]
    assert found.times == [7 * SECOND + 5 * factor, 8 * SECOND + 999_999 * factor]
    assert (found.wire, found.links, found.parser.stop) == ([8, 9], [1, 1], None)


@pytest.mark.parametrize("minor", [2, 3])
def test_old_pcap_has_its_lengths_the_other_way_round(minor: int) -> None:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, minor, 0, 0, 65_535, 1)

    found = read(head + struct.pack("<IIII", 1, 0, 9, 3) + b"abc")

    assert (found.packets, found.wire) == ([b"abc"], [9])


def test_impossible_microseconds_wrap_as_wiresharks_do() -> None:
    assert read(pcap((1, 1_000_000, b""), (1, 1 << 31, b""))).times == [2 * SECOND, 1 * SECOND]


@pytest.mark.parametrize("order", "<>")
def test_pcapng_with_comment_and_name_is_read(order: str) -> None:
    data = section(order, option(1, b"whole", order))
    data += interface(options=option(2, b"eth0", order) + option(1, b"uplink", order), order=order)
    data += enhanced(3_000_001, b"abc", options=option(1, b"look", order), order=order)

    found = read(data)

    assert (found.packets, found.times, found.wire) == ([b"abc"], [3 * SECOND + 1000], [8])
    assert found.parser.comments == [b"whole"]
    assert (found.parser.interfaces[0].name, found.parser.interfaces[0].comment) == (b"eth0", b"uplink")


@pytest.mark.parametrize(("resolution", "ticks", "expected"), [
    (3, 1500, SECOND * 3 // 2), (9, 1_500_000_001, 1_500_000_001), (12, 1_500_000_001_999, 1_500_000_001),
    (0x80 | 10, 1536, SECOND * 3 // 2), (0x80 | 20, 1, 953), (0, 3, 3 * SECOND),
    (18, 2**63 + 999_999_999, 9_223_372_037), (19, 2**64 - 1, 1_844_674_407), (20, 2**64 - 1, 184_467_440),
    (127, 2**64 - 1, 0), (0x80 | 63, 2**64 - 1, 1_999_999_999), (0x80 | 64, 2**63, SECOND // 2), (0xFF, 2**64 - 1, 0),
])  # fmt: skip
def test_each_clock_resolution_gives_nanoseconds(resolution: int, ticks: int, expected: int) -> None:
    found = read(section() + interface(options=option(9, bytes((resolution,)))) + enhanced(ticks, b"x"))

    assert found.times == [expected]


def test_time_offset_is_added_and_may_be_negative() -> None:
    offset = option(14, struct.pack("<q", -2))

    assert read(section() + interface(options=offset) + enhanced(5_000_000, b"x")).times == [3 * SECOND]


def test_of_an_option_the_first_counts_and_another_length_is_no_clock() -> None:
    names = option(2, b"eth0") + option(2, b"eth1")
    clocks = option(9, b"\x09\x09\x09\x09") + option(9, b"\x03") + option(9, b"\x09")

    found = read(section() + interface(options=names + clocks) + enhanced(1500, b"x"))

    assert found.times == [SECOND * 3 // 2]
    assert found.parser.interfaces[0].name == b"eth0"


def test_clock_beyond_all_years_stands_still_where_differences_still_fit() -> None:
    offsets = (2**62, 2**63 - 1, -(2**62), -(2**63))
    strange = [option(9, b"\x01"), *(option(14, struct.pack("<q", offset)) for offset in offsets)]
    times = [read(section() + interface(options=one) + enhanced(2**63, b"x")).times[0] for one in strange]

    assert [time // SECOND for time in times[:3]] == [2**62 // SECOND] * 3
    assert times[3] == times[4] < -(2**60)
    assert max(times) - min(times) < 2**63


@pytest.mark.parametrize(
    ("offset", "is_clipped"),
    [(-2_305_843_009, False), (-2_305_843_012, True), (0, False), (4_611_686_017, False), (4_611_686_018, True)],
)
def test_time_out_of_range_is_marked(offset: int, is_clipped: bool) -> None:
    options = option(14, struct.pack("<q", offset))

    found = read(section() + interface(options=options) + enhanced(1_000_001, b"x"))

    assert found.parser.times_clipped == is_clipped
    assert (found.times == [(offset + 1) * SECOND + 1000]) != is_clipped
    assert not found.parser.anew().times_clipped


def test_latest_time_of_pcap_is_kept_in_pcapng() -> None:
    last = 0xFFFF_FFFF * 1_000_000 + 999_999

    assert read(section() + interface() + enhanced(last, b"x")).times == [last * 1000]
    assert read(pcap((0xFFFF_FFFF, 999_999, b"x"))).times == [last * 1000]


def test_sections_of_either_byte_order_have_their_own_interfaces() -> None:
    first = section() + interface(1) + interface(101) + enhanced(1, b"a", 1)
    second = section(">") + interface(113, order=">") + enhanced(2, b"b", 0, order=">")

    found = read(first + second)

    assert (found.packets, found.links) == ([b"a", b"b"], [101, 113])


def test_simple_and_obsolete_packet_blocks_are_read() -> None:
    simple = block(3, struct.pack("<I", 9) + b"abcd")
    obsolete = block(2, struct.pack("<HHIIII", 0, 0, 0, 7_000_000, 3, 3) + b"xyz")

    found = read(section() + interface(snaplen=4) + simple + obsolete)

    assert found.packets == [b"abcd", b"xyz"]
    assert (found.times, found.wire) == ([0, 7 * SECOND], [9, 3])


def test_unknown_blocks_are_passed_and_drops_are_added_up() -> None:
    statistics = block(
        5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", 3)) + option(7, struct.pack("<Q", 4))
    )

    found = read(section() + interface() + block(0x0BAD, bytes(300)) + statistics + enhanced(0, b"x"))

    assert (found.packets, found.parser.reported_drops, found.parser.stop) == ([b"x"], 7, None)


@pytest.mark.parametrize(("dropped", "believed"), [((1 << 48), True), ((1 << 48) + 1, False), (1 << 63, False)])
def test_more_dropped_packets_than_any_link_carries_are_the_files_claim(dropped: int, believed: bool) -> None:
    statistics = block(5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", dropped)))
    parser = read(section() + interface() + statistics).parser

    assert (parser.reported_drops, parser.claimed_drops) == ((dropped, 0) if believed else (0, dropped))


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_length_without_its_padding_is_rounded_up(missing: int) -> None:
    """As Wireshark reads what some writers write."""

    def shorter(whole: bytes) -> bytes:
        told = struct.pack("<I", len(whole) - missing)
        return whole[:4] + told + whole[8:-4] + told

    simple = block(3, struct.pack("<I", 1) + b"s")
    blocks = [interface(), enhanced(0, b"e"), block(77, bytes(8)), block(5, bytes(12)), simple, enhanced(0, b"f")]

    found = read(section() + b"".join(map(shorter, blocks)))

    assert (found.packets, found.parser.stop) == ([b"e", b"s", b"f"], None)


def test_blocks_that_wireshark_lists_have_numbers_of_their_own() -> None:
    own, journal, event = block(0xBAD, bytes(9)), block(9, bytes(40)), block(0x204, bytes(30))
    data = section() + own + interface() + enhanced(0, b"a") + enhanced(0, b"b")
    data += block(0x40000BAD, bytes(300)) + journal + event + block(77, b"") + enhanced(0, b"c")
    data += section(">") + interface(order=">") + block(0xBAD, bytes(4), ">") + enhanced(0, b"d", order=">")

    assert read(data).numbers == [2, 3, 7, 9]
    assert read(data, *range(0, len(data), 5)).numbers == [2, 3, 7, 9]
    assert read(pcap((1, 2, b"a"), (3, 4, b"b"))).numbers == [1, 2]


def test_snoop_is_read_as_rfc_1761_says() -> None:
    found = read(snoop((7, 5, b"abc"), (8, 0, b"")))

    assert (found.packets, found.times) == ([b"abc", b""], [7 * SECOND + 5000, 8 * SECOND])
    assert (found.wire, found.links, found.parser.stop) == ([8, 5], [1, 1], None)


LONG = 300_000
ONE = section() + interface() + enhanced(0, b"x")


@pytest.mark.parametrize(("data", "stop", "packets"), [
    (b"GIF89a" + bytes(40), Stop.NOT_A_CAPTURE, 0),
    (b"snooze\0\0" + bytes(40), Stop.NOT_A_CAPTURE, 0),
    (b"\xd4\xc3", Stop.NOT_A_CAPTURE, 0),
    (b"\xd4\xc3\xb2\xa1\1" + bytes(40), Stop.NOT_A_CAPTURE, 0),
    (pcap((1, 0, b"abc"), (2, 0, b"def"))[:-1], Stop.CUT_SHORT, 1),
    (pcap((1, 0, b"abc")) + b"\0", Stop.CUT_SHORT, 1),
    (pcap((1, 0, b"abc")) + struct.pack("<IIII", 0, 0, LONG, LONG) + bytes(LONG), Stop.TOO_LARGE, 1),
    (ONE + enhanced(0, b"y", index=1), Stop.NO_INTERFACE, 1),
    (section() + enhanced(0, b"y"), Stop.NO_INTERFACE, 0),
    (ONE + struct.pack("<II", 6, 30) + bytes(40), Stop.DAMAGED, 1),
    (ONE + struct.pack("<II", 6, 16) + bytes(40), Stop.DAMAGED, 1),
    (ONE + struct.pack("<9I", 6, 36, 0, 0, 0, 99, 99, 0, 36), Stop.DAMAGED, 1),
    (section().replace(b"\x4d\x3c\x2b\x1a\1\0", b"\x4d\x3c\x2b\x1a\2\0"), Stop.DAMAGED, 0),
    (ONE[:-4] + bytes(4), Stop.DAMAGED, 0),
    (section() + interface()[:-4] + bytes(4), Stop.DAMAGED, 0),
    (ONE + struct.pack("<II", 77, 13) + bytes(40), Stop.DAMAGED, 1),
    (ONE + struct.pack("<III", 0x0A0D0D0A, 28, 5) + bytes(40), Stop.DAMAGED, 1),
    (ONE + struct.pack("<II", 6, 1 << 30) + bytes(40), Stop.TOO_LARGE, 1),
    (ONE + struct.pack("<II", 1, 1 << 30) + bytes(40), Stop.TOO_LARGE, 1),
    (ONE + block(77, bytes(100))[:-1], Stop.CUT_SHORT, 1),
    (snoop((1, 0, b"a")) + struct.pack(">6I", 9, 9, 20, 0, 0, 0) + bytes(40), Stop.DAMAGED, 1),
    (snoop((1, 0, b"a")) + struct.pack(">6I", 9, LONG, LONG, 0, 0, 0) + bytes(40), Stop.TOO_LARGE, 1),
    (snoop((1, 0, b"abc"))[:-1], Stop.CUT_SHORT, 0),
])  # fmt: skip
def test_damage_stops_reading_with_its_reason_and_keeps_what_came_before(data: bytes, stop: Stop, packets: int) -> None:
    found = read(data)

    assert (found.parser.stop, len(found.packets)) == (stop, packets)


def test_nothing_at_all_is_no_reason_to_stop() -> None:
    assert read(b"").parser.stop is None


WHOLE = {
    "pcap": pcap((1, 2, b"abcde"), (3, 4, b""), (5, 6, b"xyz" * 9)),
    "pcapng": section(options=option(1, b"c")) + interface(options=option(9, b"\x09")) + enhanced(5, b"ab")
    + block(99, bytes(40)) + section(">") + interface(order=">") + enhanced(9, b"xyz", order=">"),
    "snoop": snoop((1, 2, b"abcde"), (3, 4, b"")),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_cut_at_every_byte_gives_the_same_packets(name: str) -> None:
    data = WHOLE[name]
    whole = read(data)
    for cut in range(len(data)):
        parts = read(data, cut)
        assert (parts.packets, parts.times, parts.parser.stop) == (whole.packets, whole.times, None)


@pytest.mark.parametrize("name", WHOLE)
def test_one_record_at_a_time_gives_the_same_packets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(WHOLE[name])
    monkeypatch.setattr(records, "BATCH_RECORDS", 1)

    assert read(WHOLE[name]).packets == whole.packets


@pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")
def test_compiled_scanner_reads_what_the_plain_one_reads() -> None:
    scanner = Scanner()
    scanner.compile()
    obsolete = block(2, struct.pack(">HHIIII", 1, 0, 0, 7, 3, 3) + b"xyz", ">")
    odd = section(">") + interface(order=">") * 2 + block(0xBAD, bytes(4), ">") + obsolete + block(7, b"", ">")
    for data in (*WHOLE.values(), WHOLE["pcapng"] + odd + block(9, bytes(8), ">") + obsolete):
        compiled, plain = read(data, scanner=scanner), read(data)
        assert (compiled.packets, compiled.numbers, compiled.links) == (plain.packets, plain.numbers, plain.links)
        assert compiled.times == plain.times


def test_file_of_nothing_but_strange_blocks_is_walked_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in steps of one block, which cost a hundred times as much."""
    steps = []
    scan = Scanner.pcapng
    monkeypatch.setattr(Scanner, "pcapng", lambda *words: steps.append(words) or scan(*words))
    strange = block(77, b"") + block(0xBAD, bytes(4)) + block(5, bytes(12)) + block(10, bytes(100))

    found = read(section() + interface() + strange * 1000 + enhanced(0, b"x"))

    assert (found.packets, found.numbers) == ([b"x"], [1001])
    assert len(steps) < 10


def test_comment_of_a_packet_is_found_behind_its_padding() -> None:
    two = option(1, b"look") + option(1, b"here\0not there")
    assert packet_comments(enhanced(0, b"abc", options=two), 3) == [b"look", b"here"]
    assert packet_comments(enhanced(0, b"abc"), 3) == []
    assert packet_comments(b"short", 3) == []


@given(data=st.data())
def test_damaged_bytes_stop_or_pass_but_never_raise(data: st.DataObject) -> None:
    changed = bytearray(WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))])
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), max_size=6)):
        changed[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))

    once, twice = read(bytes(changed)), read(bytes(changed), cut)

    assert (once.packets, once.times, once.parser.stop) == (twice.packets, twice.times, twice.parser.stop)
    assert sum(map(len, once.packets)) <= len(changed)


@given(data=st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    assert isinstance(read(data).packets, list)


def test_interfaces_and_texts_are_kept_within_bounds() -> None:
    long = option(2, b"n" * 60_000) + option(1, b"c" * 60_000)
    data = section(options=option(1, b"x" * 60_000) * 3) + interface(options=long) + enhanced(1, b"abc")
    many = data + interface() * MAX_INTERFACES + enhanced(2, b"def")

    found = read(many, len(data))

    assert (found.packets, found.parser.stop) == ([b"abc"], Stop.TOO_MANY_INTERFACES)
    assert len(found.parser.interfaces) == MAX_INTERFACES
    assert len(found.parser.interfaces[0].name) == len(found.parser.interfaces[0].comment) == 4_096
    assert [len(comment) for comment in found.parser.comments] == [4_096] * 3


@pytest.mark.parametrize("order", ["<", ">"])
def test_key_logs_in_secrets_blocks_are_kept_and_other_secrets_are_not(order: str) -> None:
    def secrets(kind: int, text: bytes) -> bytes:
        return block(10, struct.pack(order + "II", kind, len(text)) + text, order)

    frame = enhanced(1, b"frame", order=order)
    data = (
        section(order) + interface(order=order) + secrets(0x544C534B, b"first\n") + frame
        + secrets(0x57474B4C, b"other")
        + block(10, b"", order) + block(10, bytes(4), order) + secrets(0x544C534B, b"second") + frame
        + block(10, struct.pack(order + "II", 0x544C534B, 1 << 30) + b"too long", order)
    )  # fmt: skip
    found = read(data)

    assert found.parser.secrets == [b"first\n", b"second"]
    assert found.parser.stop is None
    assert len(found.packets) == 2
