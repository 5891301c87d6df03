"""DNS over TCP: what is a message, which answer is whose, over any border, from any beginning, of any bytes."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import dns.message
import dns.rrset
import dns.update
import pytest
from http_halves import Dialogue
from hypothesis import given, settings
from hypothesis import strategies as st

from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.dns import conversation
from tcptui.protocols.dns.conversation import Reader
from tcptui.protocols.dns.detection import begins_dns, dns_sides
from tcptui.protocols.dns.message import Message, is_sound, read_head
from tcptui.protocols.dns.names import BadName, read_name
from tcptui.protocols.result_set import ResultSet
from tcptui.protocols.stream.unread import Unread
from tcptui.protocols.summaries import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.interface import Exchange


def framed(message: dns.message.Message) -> bytes:
    wire = message.to_wire(max_size=65_535)
    return struct.pack("!H", len(wire)) + wire


def query(number: int, name: str, kind: str = "A", **more: object) -> bytes:
    return framed(dns.message.make_query(name, kind, id=number, **more))  # type: ignore[arg-type]


def reply(asked: bytes, *records: str, code: int = 0, question: bool = True) -> bytes:
    """The answer to ``asked`` with ``records``, each a line of a zone file."""
    message = dns.message.make_response(dns.message.from_wire(asked[2:]))
    message.set_rcode(code)
    for record in records:
        name, kind, data = record.split(" ", 2)
        message.answer.append(dns.rrset.from_text(name, 60, "IN", kind, data))
    if not question:
        message.question.clear()
    return framed(message)


ONE, TWO = query(7, "One.example"), query(8, "two.example", "TXT")
TO_ONE, TO_TWO = reply(ONE, "one.example. A 192.0.2.1", "one.example. A 192.0.2.2"), reply(TWO, code=3)
SOA = "z.example. SOA ns.z.example. admin.z.example. {} 3600 600 86400 60"
AXFR = query(9, "z.example", "AXFR")
PAIRED = [("QUERY A One.example", "NOERROR", 2, "7"), ("QUERY TXT two.example", "NXDOMAIN", 0, "8")]


def talk(*turns: tuple[int, bytes], at: int = 0, **how: object) -> Dialogue:
    """One packet a turn; with ``at`` each is split into packets of so many bytes."""
    dialogue = Dialogue(**how)  # type: ignore[arg-type]
    for side, data in turns:
        for begin in range(0, len(data), at or len(data)):
            part = data[begin : begin + (at or len(data))]
            dialogue.client(part) if side == 0 else dialogue.server(part)
    return dialogue


def exchanges(dialogue: Dialogue) -> list[Exchange]:
    found = requests_of(*dialogue.directions())
    assert found is not None
    return list(found)


def asked(dialogue: Dialogue) -> list[tuple[str, str, int | None, str | None]]:
    return sorted(
        ((one.operation, one.status, one.rows, one.id) for one in exchanges(dialogue)), key=lambda one: one[3]
    )


def follow(dialogue: Dialogue) -> Iterator[tuple[str, bytes]]:
    for part in ApplicationStream(*dialogue.directions()).parts():
        yield part.label.name, b"".join(data for _, data in part.blocks())


@pytest.mark.parametrize("at", [0, 1, 2, 3, 13, 40, 61])
def test_pipelined_answers_are_paired_by_number_over_any_border(at: int) -> None:
    assert asked(talk((0, ONE + TWO), (1, TO_TWO + TO_ONE), at=at)) == PAIRED


def test_answer_belongs_to_the_question_that_it_repeats_where_numbers_are_the_same() -> None:
    first, second = query(5, "a.example"), query(5, "b.example")
    found = exchanges(talk((0, first + second), (1, reply(second, code=3)), (1, reply(first))))

    assert {one.operation: one.status for one in found} == {
        "QUERY A a.example": "NOERROR",
        "QUERY A b.example": "NXDOMAIN",
    }


def test_transfer_is_one_request_up_to_the_second_soa_record() -> None:
    parts = [
        reply(AXFR, SOA.format(4), "a.z.example. A 192.0.2.1"),
        reply(AXFR, "b.z.example. A 192.0.2.2", question=False),
        reply(AXFR, "c.z.example. A 192.0.2.3", SOA.format(4), question=False),
    ]
    again = query(9, "other.example")
    (zone, other) = exchanges(talk((0, AXFR), (1, b"".join(parts)), (0, again), (1, reply(again)), at=50))

    assert (zone.operation, zone.status, zone.rows) == ("QUERY AXFR z.example", "NOERROR", 5)
    assert zone.response is not None
    assert zone.response.bytes == sum(map(len, parts))
    assert (other.operation, other.rows) == ("QUERY A other.example", 0)


def test_records_of_a_transfer_are_rows_and_whole_only_with_the_last_one() -> None:
    parts = [reply(AXFR, SOA.format(4), r"a\.b.z.example. A 192.0.2.1"), reply(AXFR, SOA.format(4), question=False)]
    for said, whole in ((parts, True), (parts[:1], False)):
        dialogue = talk((0, AXFR + ONE), (1, said[0] + TO_ONE + b"".join(said[1:])), at=40)
        (zone,) = [one for one in exchanges(dialogue) if one.id == "9"]
        (result,) = zone.result_sets()
        assert isinstance(result, ResultSet)
        found = list(result.read())
        assert found[1] == (r"a\.b.z.example.", "60", "IN", "A", "192.0.2.1")
        assert [row and row[3] for row in found] == ["SOA", "A", "SOA"][: len(found)]
        assert (len(found), result.complete) == (3 if whole else 2, whole)
    (alone,) = exchanges(talk((0, ONE), (1, TO_ONE)))
    assert not list(alone.result_sets())


def test_record_that_cannot_be_read_is_no_row() -> None:
    broken = reply(AXFR, SOA.format(4), "a.z.example. MX 5 b.z.example.", SOA.format(4))
    at = broken.index(b"\0\x0f\0\1") + 8
    (zone,) = exchanges(talk((0, AXFR), (1, broken[:at] + b"\0\1" + broken[at + 2 :])))
    (result,) = zone.result_sets()
    assert isinstance(result, ResultSet)
    assert None in list(result.read())


@pytest.mark.parametrize(("records", "more"), [
    ([SOA.format(4)], []),  # nothing new
    ([SOA.format(4), "a.z.example. A 192.0.2.1"], [SOA.format(4)]),  # the whole zone
    ([SOA.format(4), SOA.format(3), "a.z.example. A 192.0.2.1", SOA.format(4)],
     ["b.z.example. A 192.0.2.2", SOA.format(4)]),  # what changed
])  # fmt: skip
def test_incremental_transfer_ends_where_its_shape_says(records: list[str], more: list[str]) -> None:
    message = dns.message.make_query("z.example", "IXFR", id=9)
    known = 4 if not more else 3
    message.authority.append(dns.rrset.from_text("z.example.", 0, "IN", "SOA", SOA.format(known).split(" ", 2)[2]))
    ixfr = framed(message)
    said = one_each(ixfr, records) + (one_each(ixfr, more) if more else b"")
    found = exchanges(talk((0, ixfr + ONE), (1, said + TO_ONE)))

    assert [(one.status, one.rows) for one in found] == [("NOERROR", len(records) + len(more)), ("NOERROR", 2)]


def one_each(asked_for: bytes, records: list[str]) -> bytes:
    """A message with these records in order: dnspython would put those of one name and type together."""
    body = io.BytesIO()
    for record in records:
        name, kind, data = record.split(" ", 2)
        dns.rrset.from_text(name, 60, "IN", kind, data).to_wire(body)
    number, flags, _ = struct.unpack_from("!3H", reply(asked_for), 2)
    wire = struct.pack("!6H", number, flags, 0, len(records), 0, 0) + body.getvalue()
    return struct.pack("!H", len(wire)) + wire


def test_other_operations_have_their_names_and_extended_codes_count() -> None:
    update = dns.update.UpdateMessage("z.example", id=3)
    update.add("new", 60, "A", "192.0.2.9")
    old = dns.message.make_query("a.example", "A", id=4, use_edns=0)
    refused = dns.message.make_response(old)
    refused.set_rcode(16)
    found = asked(talk((0, framed(update) + framed(old)), (1, reply(framed(update))), (1, framed(refused))))

    assert found == [("UPDATE SOA z.example", "NOERROR", 0, "3"), ("QUERY A a.example", "BADVERS", 0, "4")]


def test_question_without_an_answer_and_answer_without_a_question_are_told() -> None:
    found = exchanges(talk((0, ONE), (1, TO_TWO)))

    assert [(one.operation, one.status, one.request is None, one.response is None) for one in found] == [
        ("", "NXDOMAIN", True, False), ("QUERY A One.example", "", False, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("most", "of_number"), [(4, 64), (100, 2)])
def test_more_questions_than_may_wait_are_one_request_each(
    most: int, of_number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_WAITING_MOST", most)
    monkeypatch.setattr(conversation, "_OF_NUMBER_MOST", of_number)
    queries = [query(number % 5, f"n{number}.example") for number in range(15)]
    stray = reply(query(77, "stray.example"))
    found = exchanges(talk((0, b"".join(queries)), (1, b"".join(map(reply, queries)) + stray)))

    given_up = [one for one in found if one.is_reset]
    assert len(found) == len(queries) + 1
    assert sum(one.request is None for one in found) == 1
    assert len(given_up) == len(queries) - min(most, 5 * of_number)
    assert all(one.response is None for one in given_up)
    assert all(one.status == "NOERROR" for one in found if one not in given_up)


def test_capture_that_began_later_is_read_from_the_first_message_that_is_proved() -> None:
    rest = talk((0, ONE[5:]), (1, b"x" * 7), (0, TWO), (1, TO_TWO), (0, ONE), (1, TO_ONE), from_start=False)

    assert [(one[0], one[1]) for one in asked(rest)] == [(one[0], one[1]) for one in PAIRED]
    assert next(follow(rest))[0] == "dns-unread"


def test_lost_segment_within_an_answer_hides_nothing_behind_it() -> None:
    dialogue = Dialogue().client(ONE + TWO).server(TO_ONE[:30])
    dialogue.lost(1, len(TO_ONE) - 30).server(TO_TWO)
    found = exchanges(dialogue)

    assert {one.operation: one.response is not None and one.response.complete for one in found} == {
        "QUERY A One.example": False, "QUERY TXT two.example": True,
    }  # fmt: skip


def test_lost_length_is_found_again_at_a_segment() -> None:
    dialogue = Dialogue().client(ONE).lost(0, 40).client(TWO).client(ONE)
    reader = Reader(dialogue.direction(0))
    found = list(iter(reader.next, None))

    assert [type(one) for one in found] == [Message, Unread, Message, Message]


def test_any_port_is_known_by_what_is_said_and_other_protocols_are_not() -> None:
    assert begins_dns(ONE)
    assert not begins_dns(TO_ONE)
    assert not begins_dns(ONE[:-1])
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"*1\r\n$4\r\nPING\r\n", bytes(64)):
        assert not begins_dns(said)
        assert dns_sides(*talk((0, said), (1, b"+OK\r\n")).directions()) is None
    assert dns_sides(*talk((0, ONE), (1, b"HTTP/1.1 200 OK\r\n\r\n")).directions()) is None


def test_follow_has_records_as_a_zone_file_has_them() -> None:
    said = dict(follow(talk((0, ONE), (1, TO_ONE))))

    assert b"one.example. 60 IN A 192.0.2.2" in said["dns-answer"].lower().replace(b" in a ", b" IN A ")
    assert b"QUESTION" in said["dns-question"]


def test_packet_says_its_questions_and_answers_in_a_line() -> None:
    assert summary_of(ONE + TWO) == "QUERY A One.example, QUERY TXT two.example"
    assert summary_of(TO_TWO) == "TXT two.example NXDOMAIN"
    assert summary_of(ONE[:-1]) == summary_of(b"\0\x14" + bytes(20)) == ""


def test_packet_with_the_beginning_of_an_answer_says_what_it_answers() -> None:
    first = "two.example. TXT " + " ".join(['"' + "a" * 200 + '"'] * 4)
    long = reply(TWO, first, "two.example. TXT more")
    behind_type = len(TWO) + 12  # a name as a pointer, type, class, time, length

    assert all(summary_of(long[:cut]) == "TXT two.example NOERROR" for cut in range(behind_type, len(long)))
    assert summary_of(long[: behind_type - 1]) == ""
    assert summary_of(long) == "TXT two.example NOERROR"
    other_class = long[: len(TWO) + 4] + b"\x77\x77" + long[len(TWO) + 6 :]
    assert summary_of(other_class[:600]) == ""
    assert summary_of(struct.pack("!H", 500) + long[2:300]) == "", "a record longer than the message"


@pytest.mark.parametrize("data", [
    b"\xc0\x00", b"\xc0\x02\xc0\x00", b"\x3fabc", b"\x80a\0", b"\x01a" * 200 + b"\0", b"\x01a", b"",
])  # fmt: skip
def test_names_that_loop_or_do_not_end_are_refused(data: bytes) -> None:
    with pytest.raises(BadName):
        read_name(data, 0)


def test_longest_message_is_read() -> None:
    records = [f"a{number}.example. TXT {'x' * 200}" for number in range(280)]
    longest = reply(ONE, *records)
    (one,) = exchanges(talk((0, ONE), (1, longest), at=1_400))

    assert one.rows == 280
    assert one.response is not None
    assert one.response.bytes == len(longest) > 60_000


RECORD = "{}.z.example. A 192.0.2.1"
OTHER = reply(query(9, "y.example", "AXFR"), "a.y.example. A 192.0.2.1")
#: What may come amid a zone: more of it, alike or not, what ends it, what belongs to another question, or to none.
AMID = (
    reply(AXFR, RECORD.format("b")), reply(AXFR, RECORD.format("b"), question=False),
    reply(AXFR, *(RECORD.format(n) for n in range(9))), reply(AXFR, RECORD.format("b"), code=2), TO_ONE, TO_TWO, OTHER,
    reply(AXFR, SOA.format(4)), reply(AXFR, SOA.format(5), question=False), b"\0\14" + AXFR[2:14],
    b"\0\40" + reply(AXFR, RECORD.format("b"), question=False)[2:34],
)  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, len(AMID) - 1), st.integers(1, 60)), max_size=8), st.booleans(), st.booleans(),
    st.integers(20, 3_000), st.integers(0, 2),
)  # fmt: skip
def test_zone_whose_messages_are_passed_over_is_the_same_request(
    amid: list[tuple[int, int]], asks: bool, is_last: bool, size: int, lost: int
) -> None:
    zone = b"".join(AMID[number] * times for number, times in amid)
    said = reply(AXFR, SOA.format(4)) + zone + (reply(AXFR, SOA.format(4)) if is_last else b"")
    dialogue = Dialogue().client(AXFR, *([ONE + TWO] if asks else []))
    for number, at in enumerate(range(0, len(said), size)):
        piece = said[at : at + size]
        is_lost = lost and number % (7 * lost) == 3
        dialogue.lost(1, len(piece)) if is_lost else dialogue.server(piece)
    found = [
        [one.exchange for one in conversation.conversation(*dialogue.directions(), whole=whole)
         if isinstance(one, conversation.DnsQuery)]
        for whole in (True, False)
    ]  # fmt: skip

    assert [facts(one) for one in found[0]] == [facts(one) for one in found[1]]


def facts(one: Exchange) -> list[object]:
    carried = [(it.start, it.stop, it.complete, tuple(it.spans)) for it in (one.request, one.response) if it]
    return [one.operation, one.status, one.rows, one.id, carried]


def test_zone_sent_record_by_record_is_not_read_message_by_message(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 3_000
    said = reply(AXFR, SOA.format(4)) + AMID[1] * count + reply(AXFR, SOA.format(4), question=False)
    read: list[Message | Unread | None] = []
    monkeypatch.setattr(Reader, "next", lambda self, real=Reader.next: read.append(real(self)) or read[-1])

    (zone,) = exchanges(talk((0, AXFR), (1, said), at=1_400))

    assert zone.rows == count + 2
    assert len(read) < count / 100


MUTATED = ONE + TWO + AXFR
SAID = TO_TWO + TO_ONE + reply(AXFR, SOA.format(1), "a.z.example. MX 1 b.z.example.", 'a.z.example. TXT "t"')


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, len(MUTATED) - 1), st.integers(0, 255)), max_size=6),
    st.lists(st.tuples(st.integers(0, len(SAID) - 1), st.integers(0, 255)), max_size=12),
    st.integers(1, 80), st.booleans(),
)  # fmt: skip
def test_no_bytes_raise(asks: list[tuple[int, int]], answers: list[tuple[int, int]], at: int, from_start: bool) -> None:
    first, second = bytearray(MUTATED), bytearray(SAID)
    for place, value in asks:
        first[place] = value
    for place, value in answers:
        second[place] = value
    dialogue = talk((0, bytes(first)), (1, bytes(second)), at=at, from_start=from_start)
    for one in requests_of(*dialogue.directions()) or ():
        assert one.carried
    list(follow(dialogue))
    for said in (bytes(first), bytes(second)):
        is_sound(said[2:], len(said) - 2)
        read_head(said[2:])
