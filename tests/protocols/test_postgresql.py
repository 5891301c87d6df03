"""PostgreSQL: what is asked, what answers, what is secret; over any segment border, from any beginning, any bytes."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue
from hypothesis import given
from hypothesis import strategies as st
from postgresql_session import FLUSH, GSS_REQUEST, SSL_REQUEST, SYNC, bind, execute, message, parse, startup

from tcptui.model.request import UNKNOWN, TransactionState
from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.postgresql.conversation import operations
from tcptui.protocols.postgresql.detection import postgresql_sides
from tcptui.protocols.postgresql.message import Kind, Message
from tcptui.protocols.postgresql.postgresql_stream import parse_postgresql
from tcptui.protocols.postgresql.reader import Reader
from tcptui.protocols.postgresql.statement import operation_of, without_secrets
from tcptui.protocols.result_set import CopiedData
from tcptui.protocols.stream.unread import Unread
from tcptui.protocols.summaries import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b"hunter2-"
SETTING = "Parameter status"
READY = message(b"Z", b"I")
KEY = struct.pack(">II", 7, 0xABCDEF)
WELCOME = message(b"R", bytes(4)) + message(b"S", b"TimeZone\0UTC\0") + message(b"K", KEY) + READY


def query(sql: bytes | str) -> bytes:
    return message(b"Q", (sql.encode() if isinstance(sql, str) else sql) + b"\0")


def row(*values: bytes | None) -> bytes:
    said = b"".join(b"\xff\xff\xff\xff" if one is None else struct.pack(">I", len(one)) + one for one in values)
    return message(b"D", struct.pack(">H", len(values)) + said)


def tag(text: bytes) -> bytes:
    return message(b"C", text + b"\0")


def error(code: bytes = b"42P01", severity: bytes = b"ERROR", text: bytes = b"no") -> bytes:
    return message(b"E", b"S%s\0V%s\0C%s\0M%s\0\0" % (severity, severity, code, text))


COLUMNS = message(b"T", b"\0\1n\0" + bytes(6) + struct.pack(">IHIH", 23, 4, 0xFFFFFFFF, 0))
PARSED, BOUND, CLOSED, NO_DATA, SUSPENDED = (message(kind) for kind in (b"1", b"2", b"3", b"n", b"s"))
COPY_IN, COPY_OUT = (message(kind, b"\0\0\1\0\0") for kind in (b"G", b"H"))
EXTENDED = parse("", "SELECT n FROM t WHERE n = $1") + bind("", "", b"5") + message(b"D", b"P\0") + execute()

#: Side and bytes, in order.
SESSION = (
    (0, startup(user="me", database="shop")),
    (1, WELCOME),
    (0, query("SELECT n FROM t")),
    (1, COLUMNS + row(b"1") + row(b"x" * 700) + row(None) + tag(b"SELECT 3") + READY),
    (0, query("BEGIN; SELECT 1; UPDATE s.u SET a = 'it''s'")),
    (1, tag(b"BEGIN") + COLUMNS + row(b"1") + tag(b"SELECT 1") + tag(b"UPDATE 4") + message(b"Z", b"T")),
    (0, EXTENDED + SYNC),
    (1, PARSED + BOUND + COLUMNS + tag(b"SELECT 0") + message(b"Z", b"T")),
    (0, query("SELEC")),
    (1, error(b"42601") + message(b"Z", b"E")),
    (0, query("COPY t FROM STDIN")),
    (1, COPY_IN),
    (0, message(b"d", b"1\n") + message(b"d", b"2\n" * 300) + message(b"c")),
    (1, tag(b"COPY 301") + READY),
    (0, query("COPY t TO STDOUT")),
    (1, COPY_OUT + message(b"d", b"1\n") * 40 + message(b"c") + tag(b"COPY 40") + READY),
)
REQUESTS = [
    ("STARTUP user=me database=shop", "OK", None, "idle"), ("SELECT t", "OK", 3, "idle"),
    ("BEGIN; SELECT; UPDATE s.u", "OK", 5, "open"), ("SELECT t", "OK", 0, "open"), ("SELEC", "42601", None, "failed"),
    ("COPY t", "OK", 301, "idle"), ("COPY t", "OK", 40, "idle"),
]  # fmt: skip


def talk(*turns: tuple[int, bytes], at: int = 0, **how: object) -> Dialogue:
    """One packet a turn; with ``at`` each is split behind so many bytes."""
    dialogue = Dialogue(**how)  # type: ignore[arg-type]
    for side, data in turns:
        for part in (data[:at], data[at:]):
            if part:
                dialogue.client(part) if side == 0 else dialogue.server(part)
    return dialogue


def opened(*turns: tuple[int, bytes]) -> Dialogue:
    """A session that began, and what came then."""
    return talk(*SESSION[:2], *turns)


def asked(dialogue: Dialogue) -> list[tuple[str, str, int | None, str | None]]:
    found = requests_of(*dialogue.directions())
    assert found is not None
    return [
        (one.operation, one.status, one.rows, None if one.transaction is None else one.transaction.value)
        for one in found
    ]


def follow(dialogue: Dialogue) -> Iterator[tuple[str, bytes]]:
    for part in ApplicationStream(*dialogue.directions()).parts():
        yield part.label.name, b"".join(data for _, data in part.blocks())


@pytest.mark.parametrize(("letter", "state"), [(b"I", "idle"), (b"T", "open"), (b"E", "failed")])
def test_state_of_the_transaction_is_said_in_words(letter: bytes, state: str) -> None:
    ready = message(b"Z", letter)
    *_, last = follow(opened((0, query("SELECT 1")), (1, COLUMNS + tag(b"SELECT 0") + ready)))

    assert last == (f"postgresql-ready-{state}", b"")
    said = {"idle": "idle", "open": "in a transaction", "failed": "in a failed transaction"}[state]
    assert summary_of(tag(b"SELECT 0") + ready) == f"Command completion: SELECT 0, Ready for query: {said}"


def test_settings_of_a_session_are_one_part_of_as_many_lines() -> None:
    settings = [message(b"S", b"%s\0on\0" % name) for name in (b"one", b"two", b"three")]
    begun = message(b"R", bytes(4)) + b"".join(settings) + READY
    dialogue = talk(SESSION[0], (1, begun), (0, query(b"SET one = off")), (1, settings[0] + tag(b"SET") + READY))
    found = [
        part for part in ApplicationStream(*dialogue.directions()).parts() if part.label.facts.get("type") == SETTING
    ]

    assert [b"".join(data for _, data in part.blocks()) for part in found] == [
        b"one = on\ntwo = on\nthree = on\n",
        b"one = on\n",
    ]
    many = talk(SESSION[0], (1, message(b"R", bytes(4)) + settings[0] * 150 + READY))
    parts = [part for part in ApplicationStream(*many.directions()).parts() if part.label.facts.get("type") == SETTING]
    assert [sum(1 for _ in part.blocks()) for part in parts] == [64, 64, 22], "a stream of them is not held in memory"
    starts = [offset for offset, _ in found[0].blocks()]
    assert starts == [9, 9 + len(settings[0]), 9 + len(settings[0] + settings[1])], "each line is of its own bytes"


@pytest.mark.parametrize("at", [*range(12), 40, 60, 700])
def test_requests_are_the_same_over_any_segment_border(at: int) -> None:
    assert asked(talk(*SESSION, at=at)) == REQUESTS


def test_answer_and_data_are_carried_to_the_byte() -> None:
    found = list(requests_of(*talk(*SESSION).directions()) or ())
    copy = found[5]

    assert copy.request is not None
    assert copy.response is not None
    assert copy.request.bytes == len(SESSION[10][1]) + len(SESSION[12][1])
    assert [one.bytes for one in copy.interim] == [len(COPY_IN)]
    assert copy.response.bytes == len(SESSION[13][1])
    assert all(one.complete for one in found)


def test_pipelined_executions_are_each_a_request_and_only_the_last_knows_the_state() -> None:
    turns = (0, EXTENDED * 3 + SYNC), (1, (PARSED + BOUND + COLUMNS + row(b"5") + tag(b"SELECT 1")) * 3 + READY)

    assert asked(opened(*turns))[1:] == [("SELECT t", "OK", 1, None)] * 2 + [("SELECT t", "OK", 1, "idle")]


def test_error_passes_over_what_follows_up_to_sync() -> None:
    good = PARSED + BOUND + COLUMNS + tag(b"SELECT 0")
    dialogue = opened((0, EXTENDED * 3 + SYNC + EXTENDED + SYNC), (1, good + PARSED + error() + READY + good + READY))

    assert [one[:2] for one in asked(dialogue)][1:] == [
        ("SELECT t", "OK"), ("SELECT t", "42P01"), ("SELECT t", ""), ("SELECT t", "OK")
    ]  # fmt: skip


def test_portal_that_is_asked_for_rows_in_turns() -> None:
    dialogue = opened(
        (0, parse("s", "SELECT n FROM t") + SYNC), (1, PARSED + READY),
        (0, bind("p", "s") + execute("p", 2) + FLUSH), (1, BOUND + row(b"1") + row(b"2") + SUSPENDED),
        (0, execute("p", 2) + message(b"C", b"Pp\0") + SYNC), (1, row(b"3") + tag(b"SELECT 1") + CLOSED + READY),
        (0, message(b"C", b"Ss\0") + SYNC), (1, CLOSED + READY),
    )  # fmt: skip

    assert [one[:3] for one in asked(dialogue)][1:] == [
        ("PARSE SELECT t", "OK", None), ("SELECT t", "suspended", 2), ("SELECT t", "OK", 1),
        ("CLOSE SELECT t", "OK", None),
    ]  # fmt: skip


def test_copy_in_by_extended_query_passes_over_the_first_sync() -> None:
    dialogue = opened(
        (0, parse("", "COPY t FROM STDIN") + bind("", "") + execute() + SYNC), (1, PARSED + BOUND + COPY_IN),
        (0, message(b"d", b"1\n") + message(b"c") + SYNC), (1, tag(b"COPY 1") + READY),
        (0, query("SELECT 1")), (1, COLUMNS + row(b"1") + tag(b"SELECT 1") + READY),
    )  # fmt: skip

    assert asked(dialogue)[1:] == [("COPY t", "OK", 1, "idle"), ("SELECT", "OK", 1, "idle")]


def test_notices_and_notifications_answer_nothing() -> None:
    aside = message(b"N", b"SNOTICE\0C00000\0Mhi\0\0") + message(b"A", bytes(4) + b"c\0x\0")
    dialogue = opened((1, aside), (0, query("SELECT 1")), (1, aside + tag(b"SELECT 0") + aside + READY), (1, aside))

    assert asked(dialogue)[1:] == [("SELECT", "OK", 0, "idle")]


def test_error_that_nobody_asked_for_is_a_request_without_a_question() -> None:
    ended = (1, error(b"57P01", b"FATAL"))

    for turns in ([ended], [ended, (0, query("SELECT 1"))]):
        first = list(requests_of(*opened(*turns).directions()) or ())[1]
        assert (first.request, first.status, first.operation) == (None, "57P01", "")


def test_refused_session_has_its_code() -> None:
    dialogue = talk(SESSION[0], (1, message(b"R", struct.pack(">I", 3))), (0, message(b"p", SECRET + b"\0")),
                    (1, error(b"28P01", b"FATAL")))  # fmt: skip

    assert [one[:2] for one in asked(dialogue)] == [("STARTUP user=me database=shop", "28P01")]


def test_cancel_request_names_the_session_that_began_so() -> None:
    cancel = struct.pack(">II", 16, 80_877_102) + KEY
    (first, *_), (other,) = (list(requests_of(*one.directions()) or ()) for one in (opened(), talk((0, cancel))))

    assert first.session == other.cancels == KEY
    assert other.operation == "CANCEL 7"


@pytest.mark.parametrize("begin", [SSL_REQUEST, GSS_REQUEST, GSS_REQUEST + SSL_REQUEST])
def test_refused_encryption_is_a_request_of_its_own(begin: bytes) -> None:
    turns = [turn for at in range(0, len(begin), 8) for turn in ((0, begin[at : at + 8]), (1, b"N"))]
    found = asked(talk(*turns, *SESSION))

    assert [status for _, status, *_ in found[: len(turns) // 2]] == ["N"] * (len(turns) // 2)
    assert found[len(turns) // 2 :] == REQUESTS


def test_what_is_encrypted_by_gssapi_is_not_read() -> None:
    said = list(follow(talk((0, GSS_REQUEST), (1, b"G"), (0, b"\0\0\0\5hello"), (1, b"\0\0\0\5world"))))

    assert said[:2] == [("postgresql-message", b""), ("postgresql-message", b"G\n")]
    assert len(said) == 2


def test_replication_waits_and_is_one_request() -> None:
    dialogue = opened(
        (0, query("START_REPLICATION PHYSICAL 0/1")), (1, message(b"W", b"\0\0\0") + message(b"d", b"k" + bytes(17))),
        (0, message(b"d", b"r" + bytes(33))), (1, message(b"d", b"w" + bytes(60))), (0, message(b"c")),
        (1, message(b"c") + tag(b"COPY 0") + READY),
    )  # fmt: skip
    found = list(requests_of(*dialogue.directions()) or ())

    assert [(one.operation, one.status, one.waits) for one in found[1:]] == [("START_REPLICATION", "OK", True)]


@pytest.mark.parametrize(
    "statement",
    [
        b"CREATE USER a PASSWORD '%s'", b"ALTER ROLE a WITH ENCRYPTED PASSWORD E'\\x41%s'",
        b"ALTER USER a PASSWORD $q$%s$q$", b"CREATE SUBSCRIPTION s CONNECTION 'host=h password=%s' PUBLICATION p",
        b"SELECT * FROM t WHERE api_key = '%s'", b"SELECT dblink('password=%s')", b"SET x.secret TO '%s'",
        b"CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password '%s')", b"SELECT crypt('%s', gen_salt('bf'))",
        b"ALTER USER a PASSWORD 'it''s %s'", b"ALTER USER a PASSWORD 'a\\'%s'", b"ALTER USER a PASSWORD '%s",
        b"/* password %s */ SELECT 1", b"ALTER USER a PASSWORD -- %s\n 'x'", b"ALTER USER a PASSWORD U&'%s'",
    ],
)  # fmt: skip
def test_secret_in_a_statement_is_nowhere(statement: bytes) -> None:
    sql = statement % SECRET
    extended = parse("", sql.decode()) + bind("", "", SECRET) + execute() + SYNC
    dialogue = opened(
        (0, query(sql)), (1, error(b"42601", text=b'near "%s"' % SECRET) + READY),
        (0, extended), (1, PARSED + BOUND + row(SECRET) + tag(b"SELECT 1") + READY),
    )  # fmt: skip
    found = list(requests_of(*dialogue.directions()) or ())

    assert len(found) == 3
    assert not any(SECRET.decode() in f"{one.operation}{one.statement}" for one in found)
    assert not any(SECRET in data for _, data in follow(dialogue))
    assert SECRET.decode() not in summary_of(query(sql)) + summary_of(extended)


@pytest.mark.parametrize("begin", [0, 1, 4, 5, 9])
def test_credentials_are_nowhere_even_if_cut(begin: int) -> None:
    said = message(b"p", SECRET + b"\0")
    dialogue = talk(SESSION[0], (1, message(b"R", struct.pack(">I", 3))), (0, said), (1, WELCOME))
    late = talk((0, said[begin:]), (1, WELCOME), *SESSION[2:], from_start=False)

    assert SECRET.decode() not in summary_of(said)
    for one in (dialogue, late):
        assert not any(SECRET in data for _, data in follow(one))


def test_names_that_are_not_known_are_said_to_be() -> None:
    turns = (0, bind("", "before", b"5") + execute() + SYNC), (1, BOUND + row(b"1") + tag(b"SELECT 1") + READY)
    dialogue = talk((0, query("SELECT 1")), (1, COLUMNS + row(b"1") + tag(b"SELECT 1") + READY), *turns,
                    from_start=False)  # fmt: skip
    last = list(requests_of(*dialogue.directions()) or ())[-1]

    assert (last.operation, last.statement, last.status, last.rows) == (UNKNOWN, UNKNOWN, "OK", 1)


@pytest.mark.parametrize("skipped", range(1, 14))
def test_capture_that_begins_later_pairs_as_soon_as_the_server_is_ready(skipped: int) -> None:
    dialogue = talk(*SESSION[skipped:], *SESSION[2:4], (0, query("LAST")), (1, tag(b"LAST") + READY), from_start=False)
    found = asked(dialogue)

    assert set(found) <= {*REQUESTS, ("LAST", "OK", None, "idle"), *((name, "", None, None) for name, *_ in REQUESTS)}
    assert found[-1] == ("LAST", "OK", None, "idle")


@pytest.mark.parametrize("cut", [1, 3, 60, 300, 699])
def test_capture_that_begins_amid_rows_finds_a_border(cut: int) -> None:
    rows = b"".join(row(b"value %d" % number, None, b"y" * (number % 50)) for number in range(200))
    dialogue = talk((1, rows[cut:2000]), (1, rows[2000:] + tag(b"SELECT 200") + READY), (0, query("SELECT 1")),
                    (1, tag(b"SELECT 1") + READY), from_start=False)  # fmt: skip
    reader = Reader(dialogue.direction(1), 1)
    first = reader.next()
    second = reader.next()

    assert isinstance(first, Unread)
    assert first.stop < 60
    assert isinstance(second, Message)
    assert second.kind is Kind.ROW
    assert asked(dialogue)[-1] == ("SELECT", "OK", 1, "idle")


def test_missing_body_costs_nothing_and_missing_header_what_is_answered_then() -> None:
    big = COLUMNS + row(b"x" * 3000) + tag(b"SELECT 1") + READY
    dialogue = opened((0, query("SELECT 1")), (1, big[:200])).lost(1, 1000).server(big[1200:])
    assert asked(dialogue)[1:] == [("SELECT", "OK", 1, "idle")]
    assert [one.complete for one in requests_of(*dialogue.directions()) or ()] == [True, False]

    dialogue = opened((0, query("SELECT 1"))).lost(1, 40)
    dialogue.server(tag(b"SELECT 1") + READY).client(query("SELECT 2")).server(tag(b"SELECT 1") + READY)
    assert [one[:2] for one in asked(dialogue)][1:] == [("SELECT", ""), ("SELECT", "OK")]


def cut_short(*turns: tuple[int, bytes], kept: int = 30) -> Dialogue:
    """The same session in a capture that keeps so many bytes of each payload (``tcpdump -s 96``: 30)."""
    dialogue = opened(*turns)
    dialogue.cut = kept
    return dialogue


SELECTED = COLUMNS + row(b"1") + tag(b"SELECT 1") + READY


def test_cut_packets_of_ends_that_speak_in_turns_are_still_questions_and_answers() -> None:
    turns = ((0, query("SELECT n FROM t WHERE n = 5")), (1, SELECTED)) * 3
    dialogue = cut_short(*turns, (0, query("SELECT x")), (1, error()))
    found = list(requests_of(*dialogue.directions()) or ())

    assert [one.operation for one in found[1:]] == ["SELECT t"] * 3 + ["SELECT"]
    assert all(one.response is not None and not one.response.complete for one in found[1:])
    assert [(one.rows, one.status) for one in found[1:]] == [(None, "")] * 3 + [(None, "42P01")]


def test_cut_packets_of_a_pipeline_belong_to_no_question_in_sight() -> None:
    asked_at_once = tuple((0, query("SELECT n FROM t")) for _ in range(3))
    dialogue = cut_short(*asked_at_once, (1, SELECTED), (1, SELECTED), (1, SELECTED))
    found = list(requests_of(*dialogue.directions()) or ())

    assert [one.response for one in found[1:]] == [None] * 3


def test_answer_to_what_was_cut_off_a_question_is_not_the_next_questions() -> None:
    """Parse was captured, Bind and Execute were not: of what answers them nothing is asked of later messages."""
    extended = parse("", "INSERT INTO t VALUES (1)") + bind("", "", b"5") + message(b"D", b"P\0") + execute() + SYNC
    failed = (1, PARSED + BOUND + NO_DATA + error(b"23505", text=b"n" * 90))
    wrong = [
        turn
        for code in (b"42601", b"42P01", b"22012")
        for turn in ((0, query("SELECT x")), (1, error(code)), (1, READY))
    ]
    dialogue = cut_short(*((0, extended), failed, (1, READY)) * 3, *wrong)
    found = list(requests_of(*dialogue.directions()) or ())

    assert [(one.operation, one.status) for one in found[1:4]] == [("PARSE INSERT t", "")] * 3  # it may have failed
    assert [one.status for one in found[4:]] == ["42601", "42P01", "22012"]
    assert all(one.response is not None for one in found[1:])


def test_lost_packets_are_no_cut_ones_and_turns_tell_nothing() -> None:
    dialogue = cut_short((0, query("SELECT 1")), (1, SELECTED)).lost(0, 14).lost(1, 40)
    dialogue.server(SELECTED).client(query("SELECT 2"))

    assert [one.response is None for one in requests_of(*dialogue.directions()) or ()][1:] == [True, True]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * from Users u where id = 5", "SELECT Users"), ("INSERT INTO a.b(c) VALUES ('FROM x')", "INSERT a.b"),
        ("", ""), (";;", ""), ("SELECT 1;SELECT 2; SELECT 3;SELECT 4;SELECT 5", "SELECT; SELECT; SELECT; SELECT; +1"),
        ("-- SELECT\nDELETE FROM \"My T\" WHERE x", 'DELETE "My T"'), ("COPY t FROM STDIN", "COPY t"),
        ("WITH a AS (SELECT 1 FROM b) SELECT 1", "WITH b"), ("SET LOCAL x = 1", "SET x"),
        ("CREATE TABLE IF NOT EXISTS t ()", "CREATE TABLE t"),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX i"), ("VACUUM", "VACUUM"), ("UPDATE ONLY t SET a = 1", "UPDATE t"),
    ],
)  # fmt: skip
def test_operation_is_verb_and_thing_and_never_a_value(sql: str, said: str) -> None:
    assert operation_of(sql) == said


def test_statement_without_secrets_is_as_it_was_sent() -> None:
    sql = "SELECT 'a', $$b$$, E'\\'' -- c\n FROM t /* d */"

    assert without_secrets(sql) == sql


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"), (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
        (b"", b"J\0\0\0\x0a8.0.36\0"), (b"\0\0\0\x55\xfeSMB", b"\0\0\0\x55\xfeSMB"), (b"", b""),
        (b"\x16\x03\1\2\0\1\0\1\xfc\3\3", b""), (b"Quit\r\n", b"Zebra"), (b"\0\0\0\x10\0\3\0\0\1\2\3\4\5\6\7\0", b""),
    ],
)  # fmt: skip
def test_other_protocols_are_not_taken(client: bytes, server: bytes) -> None:
    for turns in ([(0, client), (1, server)], [(1, server), (0, client)]):
        for from_start in (True, False):
            assert postgresql_sides(*talk(*turns, from_start=from_start).directions()) is None


def test_summary_names_the_messages() -> None:
    assert summary_of(query("SELECT 1")) == "Simple query: SELECT 1"
    said = "Row description, Data row x3, Command completion: SELECT 3, Ready for query: idle"
    assert summary_of(SESSION[3][1]) == said
    assert summary_of(startup(user="x")) == "Startup message"
    settings = message(b"S", b"one\0on\0") * 3
    said = "Authentication request, Parameter status x3, Backend key data, Ready for query: idle"
    assert summary_of(message(b"R", bytes(4)) + settings + message(b"K", KEY) + READY) == said
    assert summary_of(SSL_REQUEST) == "SSL request"
    assert summary_of(b"Zebra crossing") == ""
    assert summary_of(b"p\0\0\0\x20part of it") == "Authentication message"


@pytest.mark.parametrize("left", range(6, 60))
def test_summary_of_a_message_that_is_cut_has_no_secret(left: int) -> None:
    sql = f"ALTER USER a PASSWORD '{SECRET.decode()}'"

    for whole in (query(sql), parse("", sql), bind("", "", SECRET), message(b"p", SECRET)):
        if left < len(whole):
            assert SECRET[:4].decode() not in summary_of(whole[:left])
            assert summary_of(whole[:left])


@given(st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=5), st.booleans()), max_size=6), st.booleans(),
       st.lists(st.integers(0, 15), max_size=3))  # fmt: skip
def test_damage_raises_nothing_and_every_byte_is_in_one_unit(
    damage: list[tuple[int, bytes, bool]], from_start: bool, missing: list[int]
) -> None:
    turns = [(side, bytearray(data)) for side, data in SESSION]
    for place, data, replaces in damage:
        turn = turns[place % len(turns)][1]
        at = place % max(len(turn), 1)
        turn[at : at + (len(data) if replaces else 0)] = data
    dialogue = Dialogue(from_start=from_start)
    for number, (side, data) in enumerate(turns):
        if number in missing:
            dialogue.lost(side, len(data))
        elif data:
            dialogue.client(bytes(data)) if side == 0 else dialogue.server(bytes(data))
    directions = dialogue.directions()
    for one in operations(*directions):
        assert one.state is None or isinstance(one.state, TransactionState)
        assert one.asked.start <= one.asked.stop
    stream = parse_postgresql(*directions, 1_000)
    if stream is None:
        return
    spans: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
    for part in stream.parts():
        assert part.start < part.stop
        list(part.blocks())
        part.trouble()
        spans[part.side].append((part.start, part.stop))
    for each in spans.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(each)))


@given(st.binary(max_size=400), st.booleans(), st.integers(0, 1))
def test_any_bytes_raise_nothing(data: bytes, from_start: bool, side: int) -> None:
    dialogue = Dialogue(from_start=from_start)
    dialogue.client(data) if side == 0 else dialogue.server(data)
    reader = Reader(dialogue.direction(side), side)
    at = 0
    while (found := reader.next()) is not None:
        assert at <= found.start < found.stop
        at = found.stop


def test_hostile_lengths_take_no_memory_and_no_time() -> None:
    many = (b"D\x3f\xff\xff\xff\0\1", 20_000), (b"D\0\0\0\x06\0\0", 10**5), (b"Q\0\0\0\4", 5_000), (b"d\0\0\0\4", 10**5)
    for one, times in many:
        data = one * times
        reader, count = Reader(Dialogue(from_start=False).server(data).direction(1), 1), 0
        while reader.next() is not None:
            count += 1
        assert count < 30


def test_segment_at_which_no_message_begins_is_tried_once() -> None:
    # Rows that break off, again and again: after each of them the next ones are found, but no border at any segment.
    rows = b"".join(row(b"value %d" % number, b"y" * 40) for number in range(5)) + b"D\0\0\0\1" + b"z" * 30
    dialogue = Dialogue(from_start=False)
    for _ in range(400):
        dialogue.server(b"-" + rows)
    reader, messages = Reader(dialogue.direction(1), 1), 0
    while (one := reader.next()) is not None:
        messages += one.count if isinstance(one, Message) else 0

    assert messages == 2_000
    assert reader._looked < 10_000


def test_many_questions_without_answers_are_bounded() -> None:
    dialogue = opened((0, SYNC * 20_000))

    assert len(asked(dialogue)) == 20_001


LINES = [b"%d\t\\N\n" % number for number in range(40)]
COPIED = COPY_OUT + b"".join(message(b"d", line) for line in LINES)
ENDED = message(b"c") + tag(b"COPY 40") + READY


def copied(dialogue: Dialogue) -> tuple[list[bytes | None], int, bool, bool]:
    """Pieces, rows, whether they are whole, and whether they may hold secrets, of the only COPY."""
    found = requests_of(*dialogue.directions())
    assert found is not None
    ((one, result),) = [(one, result) for one in found for result in one.result_sets()]
    assert isinstance(result, CopiedData)
    return list(result.read()), result.rows, result.complete, one.may_hold_secrets()


def test_what_copy_sends_is_as_the_client_got_it() -> None:
    opening = ((0, startup(user="me")), (1, WELCOME), (0, query("COPY t TO STDOUT")))
    assert copied(talk(*opening, (1, COPIED + ENDED))) == (LINES, 40, True, False)
    assert copied(talk(*opening, (1, COPIED[:-3]))) == ([*LINES[:-1], None], 40, False, False)
    lost = talk(*opening, (1, COPIED[:106])).lost(1, 3).server(COPIED[109:] + ENDED)
    pieces, rows, complete, _ = copied(lost)
    assert (pieces.count(None), rows, complete) == (1, 40, False)
    assert set(pieces) - {None} <= set(LINES)


def test_what_copy_sends_of_secrets_is_known_to_be_some_without_its_end() -> None:
    dialogue = talk((0, startup(user="me")), (1, WELCOME), (0, query("COPY t (password) TO STDOUT")), (1, COPIED))
    assert copied(dialogue)[3]


def test_replication_is_no_result() -> None:
    both = message(b"W", b"\0\0\0") + message(b"d", b"w" + bytes(24) + b"wal")
    dialogue = talk(
        (0, startup(user="me", replication="true")), (1, WELCOME), (0, query("START_REPLICATION 0/1")), (1, both)
    )
    found = requests_of(*dialogue.directions())
    assert found is not None
    assert not [result for one in found for result in one.result_sets()]
