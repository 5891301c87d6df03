"""MySQL: what is a command, its answer, a secret; over any segment border, from any beginning, of any bytes."""

from __future__ import annotations

import struct
import time
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import zstandard
from http_halves import Dialogue, in_pieces
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.request import TransactionState
from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.mysql.answers import Answer
from tcptui.protocols.mysql.asked import Turn
from tcptui.protocols.mysql.codes import Capability, Command
from tcptui.protocols.mysql.conversation import Conversation
from tcptui.protocols.mysql.detection import begins_mysql, mysql_sides
from tcptui.protocols.mysql.mysql_stream import MysqlStream, parse_mysql
from tcptui.protocols.mysql.packets import Fault, Packet, Packets
from tcptui.protocols.mysql.runs import Role, Run
from tcptui.protocols.sql_secrets import sql_without_secrets
from tcptui.protocols.summaries import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b"hunter2-"
BASE = (
    Capability.LONG_PASSWORD | Capability.PROTOCOL_41 | Capability.SECURE_CONNECTION | Capability.PLUGIN_AUTH
    | Capability.CONNECT_WITH_DB
)  # fmt: skip
IN_TRANSACTION, MORE = 1, 8
IDLE, OPEN = TransactionState.IDLE, TransactionState.OPEN


def packet(number: int, payload: bytes) -> bytes:
    """A packet with those that continue it."""
    found = b""
    while True:
        part, payload = payload[:0xFFFFFF], payload[0xFFFFFF:]
        found += len(part).to_bytes(3, "little") + bytes((number & 0xFF,)) + part
        number += 1
        if len(part) < 0xFFFFFF:
            return found


def text(data: bytes) -> bytes:
    """A length-encoded string."""
    if len(data) < 251:
        return bytes((len(data),)) + data
    return b"\xfc" + struct.pack("<H", len(data)) + data if len(data) < 1 << 16 else (
        b"\xfd" + len(data).to_bytes(3, "little") + data
    )  # fmt: skip


def greeting(known: int = BASE, plugin: bytes = b"mysql_native_password", version: bytes = b"8.0.36") -> bytes:
    low, high = known & 0xFFFF, known >> 16
    body = (
        b"\x0a" + version + b"\0" + struct.pack("<I", 7) + b"saltsalt\0" + struct.pack("<HBHHB", low, 45, 2, high, 21)
    )
    return packet(0, body + bytes(10) + b"moresaltmore\0" + plugin + b"\0")


def login(known: int = BASE, number: int = 1, plugin: bytes = b"mysql_native_password") -> bytes:
    body = struct.pack("<IIB", known & 0xFFFFFFFF, 1 << 24, 45) + bytes(23) + b"ada\0"
    return packet(number, body + b"\x14" + SECRET + b"p" * 12 + b"shop\0" + plugin + b"\0")


def ok(number: int, status: int = 2, head: int = 0, changed: int = 0) -> bytes:
    return packet(number, bytes((head, changed, 0)) + struct.pack("<HH", status, 0))


def eof(number: int, status: int = 2) -> bytes:
    return packet(number, b"\xfe" + struct.pack("<HH", 0, status))


def error(number: int, code: int, state: bytes = b"42000", words: bytes = b"no") -> bytes:
    return packet(number, b"\xff" + struct.pack("<H", code) + b"#" + state + words)


def column(number: int, name: bytes) -> bytes:
    names = b"".join(map(text, (b"def", b"shop", b"t", b"t", name, name)))
    return packet(number, names + b"\x0c" + struct.pack("<HIBHB", 45, 20, 253, 0, 0) + b"\0\0")


def result(rows: list[bytes], number: int = 1, status: int = 2, columns: int = 2, deprecate: bool = False) -> bytes:
    """A result set."""
    said = [packet(number, bytes((columns,)))]
    said += [column(number + 1 + at, b"c%d" % at) for at in range(columns)]
    number += 1 + columns
    if not deprecate:
        said.append(eof(number, status & ~MORE))
        number += 1
    said += [packet(number + at, row) for at, row in enumerate(rows)]
    number += len(rows)
    return b"".join([*said, ok(number, status, 0xFE) if deprecate else eof(number, status)])


def ask(command: int, data: bytes = b"") -> bytes:
    return packet(0, bytes((command,)) + data)


ROWS = [text(b"a") + text(b"b"), text(b"c") + b"\xfb", text(b"x" * 300) + text(b"")]
PREPARED = struct.pack("<BIHHBH", 0, 5, 1, 1, 0, 0)


def session(deprecate: bool = False) -> list[tuple[int, bytes]]:
    """Side and bytes, in order."""
    known = BASE | (Capability.DEPRECATE_EOF if deprecate else 0)
    border = b"" if deprecate else eof(3)
    prepared = [packet(1, PREPARED), column(2, b"?"), border, column(4 - deprecate, b"c0")]
    return [
        (1, greeting(known | Capability.COMPRESS)),
        (0, login(known)),
        (1, ok(2)),
        (0, ask(Command.QUERY, b"SELECT 1")),
        (1, result(ROWS, deprecate=deprecate)),
        (0, ask(Command.QUERY, b"BEGIN")),
        (1, ok(1, 2 | IN_TRANSACTION)),
        (0, ask(Command.QUERY, b"SELECT 1; SELEC 2")),
        (1, result(ROWS[:1], status=2 | MORE, deprecate=deprecate) + error(7 - deprecate, 1064)),
        (0, ask(Command.STMT_PREPARE, b"SELECT ? FROM t")),
        (1, b"".join(prepared) + (b"" if deprecate else eof(5))),
        (0, ask(Command.STMT_EXECUTE, struct.pack("<IBI", 5, 0, 1) + b"\0\1\xfe\0" + text(b"v"))),
        (1, result([b"\0\0" + text(b"v")] * 4, columns=1, deprecate=deprecate)),
        (0, ask(Command.STMT_CLOSE, struct.pack("<I", 5)) + ask(Command.PING)),
        (1, ok(1)),
        (0, ask(Command.QUERY, b"INSERT INTO t VALUES (1)")),
        (1, error(1, 1062, b"23000")),
        (0, ask(Command.QUIT)),
    ]  # fmt: skip


REQUESTS = [
    ("LOGIN ada shop", "OK", None, IDLE), ("SELECT 1", "OK", 3, IDLE), ("BEGIN", "OK", None, OPEN),
    ("SELECT 1; SELEC 2", "1064 (42000)", 1, IDLE), ("PREPARE SELECT ? FROM t", "OK", None, IDLE),
    ("EXECUTE SELECT ? FROM t", "OK", 4, IDLE), ("PING", "OK", None, IDLE),
    ("INSERT INTO t VALUES (1)", "1062 (23000)", None, IDLE),
]  # fmt: skip


def talk(turns: list[tuple[int, bytes]], at: int = 0, **how: object) -> Dialogue:
    """One packet a turn; with ``at`` each is split behind so many bytes."""
    dialogue = Dialogue(**how)  # type: ignore[arg-type]
    for side, data in turns:
        for part in (data[:at], data[at:]):
            if part:
                dialogue.client(part) if side == 0 else dialogue.server(part)
    return dialogue


def asked(dialogue: Dialogue) -> list[tuple[str, str, int | None, TransactionState | None]]:
    found = requests_of(*dialogue.directions())
    assert found is not None
    return [(one.operation, one.status, one.rows, one.transaction) for one in found]


def turns(dialogue: Dialogue) -> list[Turn]:
    return [one for one in Conversation(*dialogue.directions()).said() if isinstance(one, Turn)]


def answer(turn: Turn) -> Answer:
    assert turn.answer is not None
    return turn.answer


def follow(dialogue: Dialogue) -> Iterator[tuple[str, bytes]]:
    for part in ApplicationStream(*dialogue.directions()).parts():
        yield part.label.name, b"".join(data for _, data in part.blocks())


@pytest.mark.parametrize(
    ("version", "known", "is_mariadb"),
    [
        (b"8.0.36", BASE, False),
        # Before 10.0 it has no capabilities of its own, whatever it calls itself.
        (b"5.5.40-MariaDB-0ubuntu0.14.04.1", BASE, False),
        (b"5.5.5-10.1.48-MariaDB", BASE, True),
        (b"11.4.2-MariaDB", BASE & ~Capability.LONG_PASSWORD, True),
    ],
)
def test_mariadb_is_known_as_tshark_knows_it(version: bytes, known: int, is_mariadb: bool) -> None:
    conversation = Conversation(*talk([(1, greeting(known, version=version)), (0, login())]).directions())
    list(conversation.said())

    assert conversation.is_mariadb is is_mariadb


@pytest.mark.parametrize("deprecate", [False, True])
@pytest.mark.parametrize("at", [0, 1, 3, 4, 5, 9, 20, 37, 60, 111])
def test_requests_are_the_same_over_any_segment_border(at: int, deprecate: bool) -> None:
    assert asked(talk(session(deprecate), at)) == REQUESTS


def test_statement_of_what_is_executed_is_known() -> None:
    found = requests_of(*talk(session()).directions())

    assert found is not None
    assert [one.statement for one in found][4:6] == ["SELECT ? FROM t"] * 2


def test_follow_reads_as_the_client_prints() -> None:
    said = list(follow(talk(session())))

    assert said[0] == ("mysql-greeting", b"")
    assert said[1] == ("mysql-login", b"ada shop\n")
    assert ("mysql-command", b"SELECT 1\n") in said
    assert ("mysql-columns", b"c0\tc1\n") in said
    assert ("mysql-rows", b"a\tb\nc\tNULL\n" + b"x" * 200 + b"...\t\n") in said
    assert ("mysql-error", b"ERROR 1062 (23000): no\n") in said
    assert ("mysql-rows", b"v\n" * 4) in said, "rows in binary"


@pytest.mark.parametrize("command", [Command.QUERY, Command.STMT_EXECUTE])
def test_rows_of_a_statement_that_names_a_secret_are_not_shown(command: Command) -> None:
    sql = b"SELECT password FROM users"
    described = packet(1, PREPARED) + column(2, b"?") + eof(3) + column(4, b"c") + eof(5)
    prepared = [(0, ask(Command.STMT_PREPARE, sql)), (1, described)]
    asked = [*prepared, (0, ask(Command.STMT_EXECUTE, struct.pack("<IBI", 5, 0, 1) + b"\0\0"))]
    row = b"\0\0" + text(SECRET)
    if command == Command.QUERY:
        asked, row = [(0, ask(Command.QUERY, sql))], text(SECRET)
    dialogue = talk([*session()[:3], *asked, (1, result([row] * 2, columns=1))])

    assert list(follow(dialogue))[-1] == ("mysql-rows-hidden", b"")
    assert not any(SECRET in said for _, said in follow(dialogue))


def test_switch_of_authentication_and_caching_sha2_belong_to_the_login() -> None:
    """As MySQL 8 sends it: the fast way fails, the client asks for the server's key and encrypts its password."""
    plugin = b"caching_sha2_password"
    dialogue = talk([
        (1, greeting(plugin=b"sha256_password")), (0, login()),
        (1, packet(2, b"\xfe" + plugin + b"\0" + b"s" * 20 + b"\0")), (0, packet(3, SECRET * 4)),
        (1, packet(4, b"\1\4")), (0, packet(5, b"\2")), (1, packet(6, b"\1-----BEGIN PUBLIC KEY-----")),
        (0, packet(7, SECRET * 32)), (1, ok(8)), (0, ask(Command.PING)), (1, ok(1)),
    ])  # fmt: skip

    assert asked(dialogue) == [("LOGIN ada shop", "OK", None, IDLE), ("PING", "OK", None, IDLE)]
    assert [run.role for run in turns(dialogue)[0].runs] == [Role.LOGIN, *[Role.AUTH] * 3]
    fast = talk([(1, greeting()), (0, login(plugin=plugin)), (1, packet(2, b"\1\3") + ok(3)), (0, ask(Command.PING))])
    assert asked(fast)[0] == ("LOGIN ada shop", "OK", None, IDLE)


@pytest.mark.parametrize(
    "statement",
    [
        b"CREATE USER a IDENTIFIED BY 'hunter2-'", b"set password for a = password('hunter2-')",
        b"ALTER USER a IDENTIFIED WITH mysql_native_password AS 'hunter2-'",
        b"CHANGE MASTER TO MASTER_PASSWORD='hunter2-'", b"INSERT INTO u (name, `api_token`) VALUES ('a', 'hunter2-')",
        b"SELECT AES_DECRYPT(x, 'hunter2-')", b"SELECT 1 /* password hunter2- */", b'SET @secret = "hunter2-"',
        b"UPDATE u SET passwd = 'hunter2-", b"SELECT * FROM u WHERE pw = 'a''hunter2-\\'x'",
    ],
)  # fmt: skip
def test_secret_is_nowhere(statement: bytes) -> None:
    dialogue = talk([*session()[:3], (0, ask(Command.QUERY, statement)), (1, ok(1))])

    assert SECRET[:7].decode() not in str(asked(dialogue))
    assert not any(SECRET[:7] in data for _, data in follow(dialogue))


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (ask(Command.QUERY, b"SELECT 'a'\n FROM t"), "SELECT 'a' FROM t"),
        (ask(Command.STMT_PREPARE, b"select ?"), "PREPARE select ?"),
        (ask(Command.QUERY, b"CREATE USER a IDENTIFIED BY 'hunter2-'"), "CREATE USER a IDENTIFIED BY '[removed]'"),
        (ask(Command.QUERY, b"CREATE USER a IDENTIFIED BY 'hunter2-'")[:40], "CREATE USER a IDENTIFIED BY '[removed]'"),
        (result(ROWS), "Result set, 2 columns"), (result(ROWS, columns=1), "Result set, 1 column"),
        (error(1, 1062, b"23000", b"hunter2-"), "Error 1062 (23000)"),
        (ok(1), "OK"), (ok(1, changed=3), "OK, 3 affected"),
        (result(ROWS)[:12], ""), (ok(1)[:9], ""), (b"\1\0\0\1\1hello, world", ""),
        (b"C\0\0\1\xff\x17\4#42S02No", "Error 1047 (42S02)"),
        (ok(2), "OK"), (ok(4, changed=1), "OK, 1 affected"),
        (packet(1, b"\0\3\0\2\0\0\0\x28Rows matched: 3  Changed: 3  Warnings: 0"), "OK, 3 affected"),
        (packet(1, b"\0\0\0\2\0\0\0\x05hello"), ""), (packet(0, ok(0)[4:]), ""), (ok(2) + b"\0", ""),
        (greeting(version=b"5.5.5-10.11.14-MariaDB"), "Server greeting, 5.5.5-10.11.14-MariaDB"),
        (greeting()[:40], "Server greeting, 8.0.36"), (greeting()[:20], ""),
        (packet(0, b"\x0a" + b"some other text\0" + bytes(20)), ""),
        (packet(0, b"\xff\x10\4Too many connections"), "Error 1040"), (packet(0, b"\xff\x10\0What is this"), ""),
        (error(2, 1045, b"28000", b"hunter2-"), "Error 1045 (28000)"),
        (ask(Command.QUIT), "QUIT"), (ask(Command.PING), ""), (b"abc\0\3", ""), (b"\0\0\0\0\3hello", ""), (b"", ""),
    ],
)  # fmt: skip
def test_payload_is_told_in_a_line_without_secrets(payload: bytes, said: str) -> None:
    assert summary_of(payload) == said


def test_ordinary_literals_are_shown() -> None:
    for statement in (
        "SELECT 'a' FROM t WHERE key_id = 1 -- b", "INSERT INTO t VALUES ('x') ON DUPLICATE KEY UPDATE a = 'b'",
        "SET SESSION sql_mode = 'ANSI'",
    ):  # fmt: skip
        assert sql_without_secrets(statement) == statement or "key_id" in statement


def test_secrets_are_found_in_bounded_time() -> None:
    begin = time.process_time()
    for statement in ("'" * 16_000, "/*" * 8_000, "-- " * 5_000, "`" * 16_001, "'\\" * 8_000, "a" * 16_000):
        sql_without_secrets(statement)
    assert time.process_time() - begin < 1


def test_change_of_user_names_the_user_and_hides_what_proves_it() -> None:
    body = b"\x11eve\0\x14" + SECRET + b"p" * 12 + b"shop\0\x21\0mysql_native_password\0"
    dialogue = talk([*session()[:3], (0, packet(0, body)), (1, ok(1)), (0, ask(Command.PING)), (1, ok(1))])

    assert [(one.operation, one.status) for one in requests_of(*dialogue.directions()) or ()] == [
        ("LOGIN ada shop", "OK"), ("CHANGE_USER eve", "OK"), ("PING", "OK"),
    ]  # fmt: skip
    said = b"".join(data for part in ApplicationStream(*dialogue.directions()).parts() for _, data in part.blocks())
    assert b"CHANGE_USER eve" in said
    assert SECRET not in said


def test_local_file_is_of_the_request() -> None:
    sent = packet(2, b"1,2\n" * 50) + packet(3, b"3,4\n") + packet(4, b"")
    dialogue = talk([
        *session()[:3], (0, ask(Command.QUERY, b"LOAD DATA LOCAL INFILE 'f' INTO TABLE t")), (1, packet(1, b"\xfbf")),
        (0, sent), (1, ok(5, changed=51)), (0, ask(Command.PING)), (1, ok(1)),
    ])  # fmt: skip
    found = list(requests_of(*dialogue.directions()) or ())

    assert [one.status for one in found] == ["OK"] * 3
    assert found[1].request is not None
    assert found[1].request.bytes == 5 + 39 + len(sent)
    assert [one.bytes for one in found[1].interim] == [6]
    assert ("mysql-file", b"") in list(follow(dialogue))


def test_cursor_ends_the_answer_behind_its_columns() -> None:
    opened = packet(1, b"\1") + column(2, b"c") + eof(3, 2 | 64)
    rows = packet(1, b"\0\0\1") + packet(2, b"\0\0\2") + eof(3, 2 | 64)
    dialogue = talk([
        *session()[:3], (0, ask(Command.STMT_EXECUTE, struct.pack("<IBI", 9, 1, 1))), (1, opened),
        (0, ask(Command.STMT_FETCH, struct.pack("<II", 9, 2))), (1, rows), (0, ask(Command.PING)), (1, ok(1)),
    ])  # fmt: skip

    assert [one[:3] for one in asked(dialogue)[1:]] == [
        ("EXECUTE statement 9", "OK", None), ("FETCH statement 9", "OK", 2), ("PING", "OK", None),
    ]  # fmt: skip
    values = packet(1, b"\0\0" + text(b"v")) + packet(2, b"\0\4") + packet(3, b"\0\0" + text(b"w") + b"x")
    fetched = [(0, ask(Command.STMT_FETCH, struct.pack("<II", 9, 3))), (1, values + eof(4, 2 | 64))]
    execute = [(0, ask(Command.STMT_EXECUTE, struct.pack("<IBI", 9, 1, 1))), (1, opened)]
    known, unknown = (list(follow(talk([*session()[:3], *before, *fetched])))[-1] for before in (execute, []))
    assert known == ("mysql-rows", b"v\nNULL\n?\n"), "the columns are those that the statement was executed with"
    assert unknown == ("mysql-binary-rows", b"")


def test_refusal_to_talk_is_an_answer_without_a_request() -> None:
    dialogue = Dialogue().server(packet(0, b"\xff\x10\x04Too many connections"))
    client, server = dialogue.directions()
    client.server_port = 3306

    found = requests_of(client, server)
    assert found is not None
    assert [(one.operation, one.status, one.request) for one in found] == [("CONNECT", "1040", None)]


def test_connection_attributes_of_a_command_are_not_its_sql() -> None:
    known = BASE | Capability.QUERY_ATTRIBUTES
    attributes = b"\2\1\0\1\xfe\0" + text(b"trace") + b"\x08\0" + text(b"id") + text(b"abc") + struct.pack("<q", 7)
    dialogue = talk([
        (1, greeting(known)), (0, login(known)), (1, ok(2)), (0, ask(Command.QUERY, attributes + b"SELECT 2")),
        (1, ok(1)), (0, ask(Command.QUERY, b"\0\1SELECT 3")), (1, ok(1)),
    ])  # fmt: skip

    assert [one[0] for one in asked(dialogue)] == ["LOGIN ada shop", "SELECT 2", "SELECT 3"]


def frames(data: bytes, size: int, *, is_zstd: bool) -> bytes:
    """``data`` as a compressing end sends it: short pieces as they are."""
    found = b""
    for number, piece in enumerate(in_pieces(data, size)):
        coded = zstandard.compress(piece) if is_zstd else zlib.compress(piece)
        plain = len(piece) < 50
        body = piece if plain else coded
        found += len(body).to_bytes(3, "little") + bytes((number & 0xFF,)) + (0 if plain else len(piece)).to_bytes(
            3, "little"
        ) + body  # fmt: skip
    return found


@pytest.mark.parametrize("is_zstd", [False, True])
@pytest.mark.parametrize(("size", "at"), [(7, 0), (64, 5), (100_000, 30), (1_000, 1)])
def test_compressed_connection_says_the_same(is_zstd: bool, size: int, at: int) -> None:
    known = BASE | (Capability.ZSTD if is_zstd else Capability.COMPRESS)
    said = [(side, data if place < 3 else frames(data, size, is_zstd=is_zstd)) for place, (side, data) in
            enumerate(session())]  # fmt: skip
    said[0], said[1] = (1, greeting(known)), (0, login(known))
    dialogue = talk(said, at)

    assert asked(dialogue) == REQUESTS
    assert ("mysql-rows", b"a\tb\nc\tNULL\n" + b"x" * 200 + b"...\t\n") in list(follow(dialogue))
    stream = ApplicationStream(*dialogue.directions())
    for row, (side, *_) in enumerate(dialogue.packets):
        place = stream.place(row, row + 1)
        assert place is not None
        assert place.direction.side == side
        assert stream.parsed is not None
        for unit in stream.parsed.units(place):
            assert 0 <= unit.start <= unit.stop <= place.direction.length


def framed(number: int, piece: bytes) -> bytes:
    """A frame of a compressing end that is not compressed."""
    return len(piece).to_bytes(3, "little") + bytes((number & 0xFF, 0, 0, 0)) + piece


@pytest.mark.parametrize("first", [2, 9, 255])
def test_who_compresses_counts_on_from_its_frames_when_it_has_sent_all(first: int) -> None:
    """So MariaDB does behind each result of a procedure, and behind what it tells of its progress."""
    progress = packet(first, b"\xff\xff\xff\1\2\2" + bytes(3) + text(b"End bulk insert"))
    pieces = [result(ROWS[:2], 1, 2 | MORE), progress, result(ROWS, first + 1, 2 | MORE), ok(first + 2)]
    numbers = [1, first, first + 1, first + 2]
    begin = [(1, greeting(BASE | Capability.COMPRESS)), (0, login(BASE | Capability.COMPRESS)), (1, ok(2)),
             (0, framed(0, ask(Command.QUERY, b"CALL two()")))]  # fmt: skip
    said = [(1, framed(*one)) for one in zip(numbers, pieces, strict=True)]
    end = [(0, framed(0, ask(Command.PING))), (1, framed(1, ok(1)))]

    assert [one[1:3] for one in asked(talk([*begin, *said, *end]))] == [("OK", None), ("OK", 5), ("OK", None)]
    said[1] = 1, framed(first + 5, progress)
    assert [one[1:3] for one in asked(talk([*begin, *said, *end]))] == [("OK", None), ("", None), ("OK", None)]


def test_damaged_compression_is_a_gap_and_no_bomb() -> None:
    known = BASE | Capability.COMPRESS
    bomb = zlib.compress(bytes(1 << 22))
    frame = len(bomb).to_bytes(3, "little") + b"\0" + (100).to_bytes(3, "little") + bomb
    broken = b"\x09\0\0\1\x40\0\0" + b"\xff" * 9
    dialogue = talk([(1, greeting(known)), (0, login(known)), (1, ok(2)), (0, frame + broken), (1, broken)])

    assert asked(dialogue)[0][0] == "LOGIN ada shop"
    assert all(len(data) < 1_000 for _, data in follow(dialogue))


def test_rows_of_five_bytes_are_read_a_few_times_for_all_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    read = Packets.packet

    def counting(packets: Packets, at: int) -> Packet | Fault:
        nonlocal count
        count += 1
        return read(packets, at)

    rows = 12_000
    dialogue = talk([*session()[:3], (0, ask(Command.QUERY, b"SELECT a"))])
    dialogue.server(*in_pieces(result([text(b"")] * rows, columns=1), 1_400))
    directions = dialogue.directions()
    stream = parse_mysql(*directions, 10_000)
    assert isinstance(stream, MysqlStream)
    monkeypatch.setattr(Packets, "packet", counting)
    whole = directions[1].length
    shown = [found for at in range(0, whole, 1_400) for found in stream.packets(1, at, min(at + 1_400, whole))]

    assert len(shown) > rows
    assert count < 3 * rows


def test_packets_over_16_megabytes_are_one() -> None:
    long = b"SELECT '" + b"z" * (1 << 24) + b"'"
    row = b"\xfd\xff\xff\xff" + b"w" * 0xFFFFFF + text(b"x")
    said = packet(1, b"\2") + column(2, b"a") + column(3, b"b") + eof(4) + packet(5, row) + packet(7, ROWS[0]) + eof(8)
    dialogue = talk([*session()[:3], (0, packet(0, b"\3" + long)), (1, ok(2)), (0, ask(Command.QUERY, b"SELECT 2"))])
    dialogue.server(*in_pieces(said, 1 << 20)).client(ask(Command.PING)).server(ok(1))

    found = asked(dialogue)
    assert found[1][0].startswith("SELECT 'zzz")
    assert len(found[1][0]) == 2_000
    assert [one[1:3] for one in found[1:]] == [("OK", None), ("OK", 2), ("OK", None)]


def test_tls_request_leaves_the_rest_to_tls() -> None:
    known = BASE | Capability.SSL
    request = packet(1, struct.pack("<IIB", known, 1 << 24, 45) + bytes(23))
    dialogue = talk([(1, greeting(known)), (0, request), (0, b"\x16\x03\x01\0\x05hello")])

    assert mysql_sides(*dialogue.directions()) is None
    assert requests_of(*dialogue.directions()) is None
    inside = talk([(0, login(known, number=2)), (1, ok(3)), (0, ask(Command.PING)), (1, ok(1))])
    assert [one[:2] for one in asked(inside)] == [("LOGIN ada shop", "OK"), ("PING", "OK")]


def test_replication_is_told_and_is_nobodys_time() -> None:
    event = b"\0" + bytes(60)
    dialogue = talk([
        *session()[:3], (0, ask(Command.BINLOG_DUMP, struct.pack("<IHI", 4, 0, 2) + b"bin.1")),
        (1, b"".join(packet(number, event) for number in range(1, 6))),
    ])  # fmt: skip
    found = list(requests_of(*dialogue.directions()) or ())

    assert (found[-1].operation, found[-1].status, found[-1].waits) == ("BINLOG_DUMP", "", True)
    assert found[-1].response is not None
    assert found[-1].response.bytes == 5 * 65


@pytest.mark.parametrize("deprecate", [False, True])
@pytest.mark.parametrize("skipped", range(1, 17))
def test_capture_that_begins_later_reads_what_it_has(skipped: int, deprecate: bool) -> None:
    dialogue = talk(session(deprecate)[skipped:], from_start=False)
    client, server = dialogue.directions()
    client.server_port = server.server_port = 3306
    found = requests_of(client, server)
    if found is None:
        assert skipped > 13
        return
    known = {one[:3] for one in REQUESTS} | {
        ("EXECUTE statement 5", "OK", 4), ("LOGIN ada shop", "OK", None),
    }  # fmt: skip
    said = [(one.operation, one.status, one.rows) for one in found]
    assert set(said) <= known
    assert ("INSERT INTO t VALUES (1)", "1062 (23000)", None) in said or skipped > 15


def test_answer_behind_lost_bytes_is_found_again() -> None:
    turns_ = session()
    dialogue = talk(turns_[:4]).server(turns_[4][1][:20]).lost(1, 100)
    dialogue.server(turns_[4][1][120:])
    for side, data in turns_[5:]:
        dialogue.client(data) if side == 0 else dialogue.server(data)
    found = asked(dialogue)

    assert [one[:2] for one in found][1] == ("SELECT 1", "")
    assert found[2:] == REQUESTS[2:]


def test_lost_command_takes_no_answer_of_another() -> None:
    turns_ = session()
    dialogue = talk(turns_[:5]).lost(0, len(turns_[5][1]))
    for side, data in turns_[6:]:
        dialogue.client(data) if side == 0 else dialogue.server(data)

    assert [one for one in asked(dialogue) if one[0] != "BEGIN"] == [one for one in REQUESTS if one[0] != "BEGIN"]


@pytest.mark.parametrize("kept", [20, 40])
def test_greeting_that_was_cut_is_one_where_commands_follow(kept: int) -> None:
    turns = [*session()[:3], *[(0, ask(Command.QUERY, b"SELECT 1")), (1, result(ROWS[:1]))] * 3]
    dialogue = talk(turns)
    dialogue.cut = kept
    found = [one for one in requests_of(*dialogue.directions()) or () if one.operation.startswith("SELECT")]

    assert len(found) == 3
    assert all(one.response is not None for one in found)


def test_bodies_that_were_cut_hide_no_headers() -> None:
    """Each row in a segment of its own, of which the capture kept 40 bytes."""
    dialogue = talk([*session()[:3], (0, ask(Command.QUERY, b"SELECT 1"))])
    head = packet(1, b"\1") + column(2, b"c")[:0]
    dialogue.server(head)
    dialogue.server(column(2, b"c")[:4] + column(2, b"c")[4:], eof(3))
    for number in range(4, 8):
        dialogue.server(packet(number, text(b"y" * 2_000)))
    dialogue.server(eof(8)).client(ask(Command.PING)).server(ok(1))
    dialogue.cut = 60
    client, server = dialogue.directions()
    found = [one for one in Conversation(client, server).said() if isinstance(one, Turn)]

    assert [one.operation for one in found][-1] == "PING"
    assert any(one.answer is not None and one.answer.rows == 4 and not one.answer.complete for one in found)


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"), (b"EHLO me\r\n", b"220 x ESMTP\r\n250 x\r\n"),
        (b"SSH-2.0-x\r\n", b"SSH-2.0-y\r\n"), (b"\0\0\0\x08\4\xd2\x16\x2f", b"N"), (b"", b""),
        (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"), (b"\5\0\0\0\3abcd", b"\7\0\0\1\0\0\0\2\0\0\0"), (bytes(40), bytes(40)),
    ],
)  # fmt: skip
def test_other_protocols_are_not_taken(client: bytes, server: bytes) -> None:
    for said in ([(0, client), (1, server)], [(1, server), (0, client)]):
        for from_start in (True, False):
            assert mysql_sides(*talk(said, from_start=from_start).directions()) is None


def test_only_commands_with_sql_and_greetings_begin_mysql() -> None:
    assert begins_mysql(ask(Command.QUERY, b"select 1"))
    assert begins_mysql(greeting())
    assert not any(map(begins_mysql, (ok(1), ask(Command.PING), b"", b"GET / HTTP/1.1", ask(Command.QUERY, b"hello"))))


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=4), st.booleans()), max_size=6),
    st.booleans(), st.booleans(), st.lists(st.integers(0, 17), max_size=3),
)  # fmt: skip
def test_damage_raises_nothing_and_no_byte_is_in_two_units(
    damage: list[tuple[int, bytes, bool]], from_start: bool, deprecate: bool, missing: list[int]
) -> None:
    said = [(side, bytearray(data)) for side, data in session(deprecate)]
    for place, data, replaces in damage:
        turn = said[place % len(said)][1]
        at = place % max(len(turn), 1)
        turn[at : at + (len(data) if replaces else 0)] = data
    dialogue = Dialogue(from_start=from_start)
    for number, (side, data) in enumerate(said):
        if number in missing:
            dialogue.lost(side, len(data))
        elif data:
            dialogue.client(bytes(data)) if side == 0 else dialogue.server(bytes(data))
    directions = dialogue.directions()
    stream = parse_mysql(*directions, 1_000)
    if stream is None:
        return
    for part in stream.parts():
        assert part.start < part.stop
        list(part.blocks())
        part.trouble()
    found = list(Conversation(*directions).said())
    runs = [run for one in found for run in ([one] if isinstance(one, Run) else [*one.runs, *_answer_runs(one)])]
    for direction in directions:
        spans = sorted((run.start, run.stop) for run in runs if run.direction.side == direction.side)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def _answer_runs(turn: Turn) -> list[Run]:
    return [] if turn.answer is None else turn.answer.runs


def test_hostile_packets_take_bounded_time() -> None:
    begin = time.process_time()
    start = session()[:4]
    for data in (
        packet(1, b"\xfd\xff\xff\0") + bytes(200_000), b"".join(packet(number, b"\0\0") for number in range(50_000)),
        packet(1, b"\2") + b"\xff\xff\xff\2" * 20_000, bytes(100_000), b"\1\0\0\1" * 30_000,
    ):  # fmt: skip
        dialogue = talk(start)
        dialogue.server(*in_pieces(data, 1_400))
        for _ in range(50):
            dialogue.client(ask(Command.PING))
        dialogue.server(*in_pieces(data, 1_400))
        list(Conversation(*dialogue.directions()).said())
    assert time.process_time() - begin < 20
