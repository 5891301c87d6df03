"""Sessions with databases that are refused, not read, cancelled or opened for little, and near-twins, byte by byte."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, FIN, PSH, Tape
from repeated_sessions import diagnosed, sessions
from web_captures import CLIENT, SERVER, closed, found, record

from tcptui.model.finding import Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

    from tcptui.model.finding import Finding

SSL_REQUEST: Final = struct.pack(">II", 8, 80_877_103)
GREETING_BODY: Final = (
    b"\x0a5.5.5-10.11.4-MariaDB\0" + struct.pack("<I", 7) + b"12345678\0" + b"\xfe\xf7\x2d\x02\x00\xff\x81\x15"
    + b"\0" * 10 + b"123456789012\0mysql_native_password\0"
)  # fmt: skip
LOGIN_BODY: Final = struct.pack("<II", 0x0028_A205, 1 << 24) + b"\x2d" + b"\0" * 23 + b"ada\0\0shop\0"
LOGIN_BODY_PLUGIN: Final = LOGIN_BODY + b"mysql_native_password\0"
FULL: Final = b"-ERR max number of clients reached\r\n"


def pg(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack(">I", len(body) + 4) + body


def startup(**parameters: str) -> bytes:
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items()) + b"\0"
    return struct.pack(">IHH", len(body) + 8, 3, 0) + body


def pg_error(code: str, text: str, severity: str = "ERROR") -> bytes:
    return pg(b"E", f"S{severity}\0V{severity}\0C{code}\0M{text}\0".encode() + b"\0")


STARTUP: Final = startup(user="ada", database="shop")
READY: Final = pg(b"Z", b"I")
ADMITTED: Final = pg(b"R", b"\0\0\0\0") + READY


def query(sql: str) -> bytes:
    return pg(b"Q", sql.encode() + b"\0")


def rows(count: int, size: int = 100) -> bytes:
    one = pg(b"D", struct.pack(">HI", 1, size) + b"x" * size)
    return pg(b"T", b"\0\1a\0" + b"\0" * 18) + one * count + pg(b"C", f"SELECT {count}\0".encode()) + READY


def my(body: bytes, number: int) -> bytes:
    return len(body).to_bytes(3, "little") + bytes((number,)) + body


def my_error(code: int, state: str, text: str, number: int) -> bytes:
    return my(b"\xff" + code.to_bytes(2, "little") + f"#{state}{text}".encode(), number)


OK: Final = b"\0\0\0\2\0\0\0"
LOGGED_IN: Final[list[Turn]] = [
    (0, "S", my(GREETING_BODY, 0)), (10, "C", my(LOGIN_BODY_PLUGIN, 1)), (20, "S", my(OK, 2)),
]  # fmt: skip


def opened() -> list[Turn]:
    return [(0, "C", STARTUP), (10, "S", ADMITTED)]


def redis(*words: str) -> bytes:
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words)


# -- too many --------------------------------------------------------------------------------


@pytest.mark.finding("too-many-connections")
@pytest.mark.parametrize(
    ("turns", "protocol"),
    [
        ([(0.0, "S", my(b"\xff\x10\x04Too many connections", 0))], "MySQL"),
        (
            [(0.0, "C", STARTUP), (9.0, "S", pg_error("53300", "too many clients already", "FATAL"))],
            "PostgreSQL",
        ),
        ([(0.0, "S", FULL)], "Redis"),
        ([(0.0, "C", redis("AUTH", "s3cr3t")), (9.0, "S", FULL)], "Redis"),
    ],
)
def test_a_server_that_is_full_is_told(
    tmp_path: Path, turns: list[Turn], protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web_captures.SERVER", "192.0.2.10:3306")  # a refusal alone tells MySQL at its port only
    told = found(tmp_path, closed(turns))

    assert (told["too-many-connections"].facts["protocol"], len(told)) == (protocol, 1)
    assert told["too-many-connections"].severity is Severity.WARNING


@pytest.mark.finding("too-many-connections", twin=True)
def test_other_refusals_and_other_errors_are_not_about_numbers(tmp_path: Path) -> None:
    refused: dict[str, list[Turn]] = {
        "host": [(0, "S", my(b"\xff\x6a\x04Host '10.0.0.1' is not allowed to connect", 0))],
        "password": [(0, "C", STARTUP), (9, "S", pg_error("28P01", "password authentication failed", "FATAL"))],
        "redis": [(0, "C", redis("GET", "a", "b")), (9, "S", b"-ERR wrong number of arguments\r\n")],
    }
    for name, turns in refused.items():
        (tmp_path / name).mkdir()
        assert "too-many-connections" not in found(tmp_path / name, closed(turns), foreseen=False), name


# -- encryption ------------------------------------------------------------------------------


@pytest.mark.finding("database-encryption")
def test_tls_that_is_declined_is_a_note_and_one_that_is_insisted_on_a_warning(tmp_path: Path) -> None:
    asked: list[Turn] = [(0, "C", SSL_REQUEST), (9, "S", b"N")]
    went_on = found(tmp_path, closed([*asked, (20, "C", STARTUP), (30, "S", ADMITTED)]))["database-encryption"]
    left = found(tmp_path, closed(asked, first="C"))["database-encryption"]

    assert (went_on.facts["shape"], went_on.severity) == ("", Severity.NOTE)
    assert (left.facts["shape"], left.severity) == ("insisted", Severity.WARNING)


@pytest.mark.finding("database-encryption")
def test_a_server_that_demands_tls_is_told_and_not_as_a_wrong_password(tmp_path: Path) -> None:
    text = 'no pg_hba.conf entry for host "10.0.0.1", user "ada", database "shop", no encryption'
    plain = found(tmp_path, closed([(0, "C", STARTUP), (9, "S", pg_error("28000", text, "FATAL"))]))
    mysql = my_error(3159, "HY000", "Connections using insecure transport are prohibited", 2)
    other = found(tmp_path, closed([*LOGGED_IN[:2], (20, "S", mysql)]))

    assert {name: one.facts["shape"] for name, one in plain.items()} == {"database-encryption": "demanded"}
    assert other["database-encryption"].facts["shape"] == "demanded"


@pytest.mark.finding("database-encryption", twin=True)
def test_a_refusal_of_an_encrypted_session_and_an_agreed_request_are_not(tmp_path: Path) -> None:
    text = 'no pg_hba.conf entry for host "10.0.0.1", user "ada", database "shop", SSL encryption'
    told = found(tmp_path, closed([(0, "C", STARTUP), (9, "S", pg_error("28000", text, "FATAL"))]))
    agreed = found(tmp_path, closed([(0, "C", SSL_REQUEST), (9, "S", b"S")]), foreseen=False)

    assert list(told) == ["database-errors"]
    assert "database-encryption" not in agreed


# -- another protocol ------------------------------------------------------------------------


@pytest.mark.finding("protocol-mismatch")
@pytest.mark.parametrize(
    ("turns", "client", "server"),
    [
        ([(0.0, "S", my(GREETING_BODY, 0)), (9.0, "C", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")], "HTTP", "MySQL"),
        ([(0.0, "S", my(GREETING_BODY, 0)), (9.0, "C", SSL_REQUEST)], "PostgreSQL", "MySQL"),
        ([(0.0, "S", my(GREETING_BODY, 0)), (9.0, "C", redis("PING"))], "Redis", "MySQL"),
        ([(0.0, "C", STARTUP), (9.0, "S", b"-ERR unknown command\r\n")], "PostgreSQL", "Redis"),
        ([(0.0, "C", b"*1\r\n$abc\r\n"), (9.0, "S", b"-ERR Protocol error: invalid bulk length\r\n")], "?", "Redis"),
    ],
)
def test_a_client_of_another_protocol_is_told(tmp_path: Path, turns: list[Turn], client: str, server: str) -> None:
    finding = found(tmp_path, closed(turns))["protocol-mismatch"]

    assert (finding.facts["client_protocol"], finding.facts["server_protocol"]) == (client, server)


@pytest.mark.finding("protocol-mismatch", twin=True)
def test_errors_and_clients_that_speak_the_servers_protocol_are_none(tmp_path: Path) -> None:
    right: dict[str, list[Turn]] = {
        "mysql": [*LOGGED_IN, (30, "C", my(b"\x03SELECT 1", 0)), (40, "S", my_error(1064, "42000", "syntax", 1))],
        "redis": [(0, "C", redis("FOO")), (9, "S", b"-ERR unknown command 'FOO'\r\n")],
        "pg": [(0, "C", STARTUP), (9, "S", pg_error("28P01", "no", "FATAL"))],
        "http": [(0, "C", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (9, "S", b"HTTP/1.1 204 No Content\r\n\r\n")],
    }
    for name, turns in right.items():
        (tmp_path / name).mkdir()
        assert "protocol-mismatch" not in found(tmp_path / name, closed(turns), foreseen=False), name


# -- cancelled -------------------------------------------------------------------------------


def ended(text: str, code: str = "57014") -> list[Turn]:
    return closed([*opened(), (20, "C", query("SELECT slow()")), (2_020, "S", pg_error(code, text) + READY)])


@pytest.mark.finding("query-cancelled")
@pytest.mark.parametrize(
    ("text", "shape", "severity"),
    [
        ("canceling statement due to user request", "asked", Severity.NOTE),
        ("canceling statement due to statement timeout", "timeout", Severity.WARNING),
        ("Anweisung wird abgebrochen", "", Severity.NOTE),
    ],
)
def test_a_statement_that_is_ended_is_told_by_who_ended_it(
    tmp_path: Path, text: str, shape: str, severity: Severity
) -> None:
    told = found(tmp_path, ended(text))

    assert (told["query-cancelled"].facts["shape"], told["query-cancelled"].severity) == (shape, severity)
    assert told["query-cancelled"].facts["wait_s"] == pytest.approx(2, abs=0.1)
    all_told = {str(finding.id) for finding in open_file(record(tmp_path, ended(text))).findings(0)}
    assert not {"slow-query", "server-think-time"} & all_told, "one wait, one finding"


@pytest.mark.finding("query-cancelled")
@pytest.mark.parametrize(("code", "shape"), [(1317, "asked"), (1969, "timeout"), (3024, "timeout")])
def test_mysql_has_numbers_for_it(tmp_path: Path, code: int, shape: str) -> None:
    error = my_error(code, "70100", "Query execution was interrupted", 1)
    turns = closed([*LOGGED_IN, (30, "C", my(b"\x03SELECT slow()", 0)), (1_530, "S", error)])

    assert found(tmp_path, turns)["query-cancelled"].facts["shape"] == shape


@pytest.mark.finding("query-cancelled")
def test_the_connection_that_asks_for_it_says_what_it_is(tmp_path: Path) -> None:
    asks = struct.pack(">IIII", 16, 80_877_102, 4_711, 99)
    finding = found(tmp_path, closed([(0, "C", asks)]))["query-cancelled"]

    assert (finding.facts["shape"], finding.facts["statement"]) == ("request", "CANCEL 4711")
    assert finding.severity is Severity.NOTE


@pytest.mark.finding("query-cancelled", twin=True)
def test_other_errors_and_slow_answers_are_no_cancels(tmp_path: Path) -> None:
    assert "query-cancelled" not in found(tmp_path, ended("canceling statement due to lock timeout", "55P03"))
    slow = closed([*opened(), (20, "C", query("SELECT slow()")), (2_020, "S", rows(1))])
    told = found(tmp_path, slow)
    assert "query-cancelled" not in told
    assert "slow-query" in told


# -- a result that nobody reads --------------------------------------------------------------


def transfer(tmp_path: Path, shut_ms: float, asked: bytes, answer: bytes, first: bytes = STARTUP) -> dict[str, Finding]:
    """A result, of which the client takes 2,800 bytes and then, for ``shut_ms``, nothing; seen at the server."""
    tape = Tape()
    tape.handshake(0, CLIENT, SERVER)
    at, client, server = 100.0, 1001, 9001

    def says(who: str, data: bytes, window: int = 501) -> None:
        nonlocal at, client, server
        one, two = (CLIENT, SERVER) if who == "C" else (SERVER, CLIENT)
        seq, ack = (client, server) if who == "C" else (server, client)
        tape.tcp(at, one, two, PSH | ACK if data else ACK, seq, ack, data, window=window)
        client, server = client + (len(data) if who == "C" else 0), server + (len(data) if who == "S" else 0)
        at += 1

    says("C", first)
    says("S", ADMITTED)
    says("C", asked)
    for begin in range(0, len(answer), 1_400):
        says("S", answer[begin : begin + 1_400])
        if begin == 1_400 and shut_ms:
            says("C", b"", 0)
            at += shut_ms
        says("C", b"")
    at += 50
    tape.tcp(at, CLIENT, SERVER, FIN | ACK, client, server)
    tape.tcp(at + 1, SERVER, CLIENT, FIN | ACK, server, client + 1)
    tape.tcp(at + 2, CLIENT, SERVER, ACK, client + 1, server + 1)
    path = tmp_path / "transfer.pcap"
    path.write_bytes(tape.pcap())
    return {str(finding.id): finding for finding in open_file(path).findings(0)}


@pytest.mark.finding("result-not-read")
def test_a_result_that_the_client_leaves_standing_is_told_with_what_was_left(tmp_path: Path) -> None:
    answer = rows(100)
    told = transfer(tmp_path, 2_000, query("SELECT a FROM t"), answer)
    finding = told["result-not-read"]

    assert (finding.facts["statement"], finding.severity) == ("SELECT a FROM t", Severity.WARNING)
    assert (finding.facts["sent_bytes"], finding.facts["pending_bytes"]) == (2_800, len(answer) - 2_800)
    assert finding.facts["closed_s"] == pytest.approx(2, abs=0.1)
    assert {name for name, one in told.items() if one.severity > Severity.NOTE} == {"result-not-read"}


@pytest.mark.finding("result-not-read", twin=True)
def test_a_result_that_is_read_and_a_short_stop_are_not(tmp_path: Path) -> None:
    for shut_ms in (0, 60):
        assert "result-not-read" not in transfer(tmp_path, shut_ms, query("SELECT a FROM t"), rows(100))


# -- the capture as a whole ------------------------------------------------------------------


def short_session(query_ms: float = 10) -> list[Turn]:
    return [
        (0, "C", STARTUP), (30, "S", ADMITTED), (31, "C", query("SELECT 1")), (31 + query_ms, "S", rows(1)),
    ]  # fmt: skip


@pytest.mark.finding("connection-churn")
def test_a_session_for_each_query_is_told_once_with_what_it_costs(tmp_path: Path) -> None:
    told = diagnosed(tmp_path, short_session(), count=20, apart_ms=150)["connection-churn"]

    assert (told.finding.facts["count"], told.finding.facts["requests"]) == (20, 1)
    assert told.finding.facts["protocol"] == "PostgreSQL"
    assert told.finding.facts["share"] == pytest.approx(88, abs=3)


@pytest.mark.finding("connection-churn")
@pytest.mark.parametrize(("at_server", "wait_ms"), [(False, 40), (True, 0.1)], ids=["client", "server"])
def test_what_beginning_costs_is_the_clients_time_wherever_it_was_captured(
    tmp_path: Path, at_server: bool, wait_ms: float
) -> None:
    """A round trip of 40 ms for the handshake, the login and each of two requests."""
    asked = [redis("AUTH", "x"), redis("GET", "a"), redis("GET", "b")]
    each: list[Turn] = [
        turn for nth, what in enumerate(asked)
        for turn in ((40.2 * nth, "C", what), (40.2 * nth + wait_ms, "S", b"+OK\r\n"))
    ]  # fmt: skip
    told = diagnosed(tmp_path, each, count=20, apart_ms=300, keep_ms=31, at_server=at_server)["connection-churn"]

    assert told.finding.facts["share"] == pytest.approx(52, abs=2)
    assert told.finding.facts["begin_s"] == pytest.approx(0.09, abs=0.002)


@pytest.mark.finding("connection-churn", twin=True)
def test_pools_slow_queries_seldom_and_few_sessions_are_none(tmp_path: Path) -> None:
    assert "connection-churn" not in sessions(tmp_path, short_session(), count=20, apart_ms=150, keep_ms=9_000)
    assert "connection-churn" not in sessions(tmp_path, short_session(900), count=20, apart_ms=1_000)
    assert "connection-churn" not in sessions(tmp_path, short_session(), count=20, apart_ms=5_000)
    assert "connection-churn" not in sessions(tmp_path, short_session(), count=5, apart_ms=150)


@pytest.mark.finding("connection-churn", twin=True)
def test_short_connections_of_http_are_none(tmp_path: Path) -> None:
    each: list[Turn] = [
        (0, "C", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (10, "S", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ]  # fmt: skip
    assert "connection-churn" not in sessions(tmp_path, each, count=20, apart_ms=150)


REFUSED: Final = pg_error("28P01", 'password authentication failed for user "ada"', "FATAL")


@pytest.mark.finding("logins-refused")
def test_logins_that_are_refused_again_and_again_are_told_once(tmp_path: Path) -> None:
    told = diagnosed(tmp_path, [(0, "C", STARTUP), (9, "S", REFUSED)], count=5, apart_ms=400)["logins-refused"]

    assert (told.finding.facts["count"], told.finding.facts["status"]) == (5, "28P01")
    assert len(told.echoes) == 5


@pytest.mark.finding("logins-refused", twin=True)
def test_one_refused_login_and_sessions_that_got_in_are_none(tmp_path: Path) -> None:
    assert "logins-refused" not in sessions(tmp_path, [(0, "C", STARTUP), (9, "S", REFUSED)], count=2, apart_ms=400)
    assert "logins-refused" not in sessions(tmp_path, short_session(), count=5, apart_ms=400)
