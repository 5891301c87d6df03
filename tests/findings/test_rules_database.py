"""`slow-query`, `asked-to-wait`, `many-round-trips`, `database-errors`, and near-twins: Redis, message by message."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, SYN, Tape
from postgresql_session import message, startup
from web_captures import CLIENT, SERVER, closed, found, record

from tcptui.access.open_capture import view_of
from tcptui.access.requests import requests_of
from tcptui.findings.facts import ConnectionFacts, RuleContext
from tcptui.findings.request_facts import RequestFacts
from tcptui.findings.rules.database_errors import database_errors
from tcptui.findings.rules.round_trips import many_round_trips
from tcptui.findings.rules.slow_query import slow_queries
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.request import MessagePackets, Request, RequestPart
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

    from tcptui.model.finding import Finding

NOTHING = b"$-1\r\n"
WRONG = b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
REFUSED = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
NO_AUTH = b"-NOAUTH Authentication required.\r\n"


def command(*words: str) -> bytes:
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words)


def gets(count: int, way_ms: float, answer: bytes = NOTHING, pause_ms: float = 1, start: float = 0) -> list[Turn]:
    """One GET after the other, each answered after ``way_ms``."""
    turns: list[Turn] = []
    for number in range(count):
        at = start + number * (way_ms + pause_ms)
        turns += [(at, "C", command("GET", f"user:{number}")), (at + way_ms, "S", answer)]
    return turns


def all_found(tmp_path: Path, turns: list[Turn]) -> set[str]:
    """The ids of all that is said of the stream, whatever the family."""
    return {str(finding.id) for finding in open_file(record(tmp_path, closed(turns))).findings(0)}


# -- slow queries ----------------------------------------------------------------------------


def test_a_long_upload_of_which_packets_were_cut_is_no_slow_server(tmp_path: Path) -> None:
    body: list[Turn] = [(20.0 + 20 * number, "C", b"x" * 1_000) for number in range(79)]
    body.append((1_600, "C", b"x" * 1_000 + b"\r\n"))
    turns: list[Turn] = [*gets(3, 4), (16, "C", b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$80000\r\n"), *body,
                         (1_610, "S", b"+OK\r\n"), *gets(2, 4, start=1_620)]  # fmt: skip
    with closing(open_file(record(tmp_path, closed(turns), kept=66))) as session:
        told = {str(finding.id) for finding in session.findings(0)}
        (upload,) = (one for one in requests_of(session, 0) if one.operation.startswith("SET"))

    assert upload.spent_ns(RequestPart.SERVER) < 20_000_000
    assert "slow-query" not in told


@pytest.mark.finding("slow-query")
def test_an_answer_that_the_server_holds_back_is_a_slow_query_and_says_which(tmp_path: Path) -> None:
    turns = [*gets(3, 10), (100, "C", command("KEYS", "*")), (1_900, "S", b"*0\r\n"), *gets(2, 10, start=2_000)]
    told = found(tmp_path, closed(turns))

    finding = told["slow-query"]
    assert (finding.severity, finding.facts["statement"], finding.facts["count"]) == (Severity.WARNING, "KEYS *", 1)
    assert finding.facts["wait_s"] == pytest.approx(1.8, abs=0.05)
    assert "query-waits" not in finding.alternatives  # no transaction of Redis holds a lock
    assert "server-think-time" not in all_found(tmp_path, turns)


@pytest.mark.finding("slow-query", twin=True)
def test_a_login_that_the_server_is_slow_to_admit_is_told_as_one(tmp_path: Path) -> None:
    hello = (0, "C", startup(user="ada", database="shop"))
    ready = message(b"R", bytes(4)) + message(b"Z", b"I")
    asked, answered = message(b"Q", b"SELECT 1\0"), message(b"C", b"SELECT 1\0") + message(b"Z", b"I")
    told = found(tmp_path, closed([hello, (1_400, "S", ready), (1_410, "C", asked), (1_415, "S", answered)]))
    both = record(tmp_path, closed([hello, (1_400, "S", ready), (1_410, "C", asked), (2_015, "S", answered)]))
    slow = [one for one in open_file(both).findings(0) if one.id is FindingId.SLOW_QUERY]

    assert (told["slow-query"].facts["shape"], told["slow-query"].severity) == ("login", Severity.WARNING)
    assert set(told["slow-query"].alternatives) >= {"login-looks-up", "login-busy"}
    assert "query-waits" not in told["slow-query"].alternatives
    assert {(one.facts["shape"], one.facts["count"]) for one in slow} == {("login", 1), ("", 1)}


@pytest.mark.finding("asked-to-wait")
def test_a_command_that_asks_to_wait_is_not_slow(tmp_path: Path) -> None:
    turns = [
        *gets(6, 10), (100, "C", command("BLPOP", "jobs", "5")), (5_100, "S", b"*-1\r\n"), *gets(3, 10, start=5_200)
    ]  # fmt: skip
    told = found(tmp_path, closed(turns))

    assert told["asked-to-wait"].facts["statement"] == "BLPOP jobs"
    assert told["asked-to-wait"].severity is Severity.NOTE
    assert not {"slow-query", "server-think-time"} & all_found(tmp_path, turns)


@pytest.mark.finding("slow-query", twin=True)
def test_a_pause_of_the_client_and_a_quick_server_are_no_slow_query(tmp_path: Path) -> None:
    assert "slow-query" not in found(tmp_path, closed([*gets(3, 10), *gets(3, 10, start=4_000)]))


@pytest.mark.finding("asked-to-wait", twin=True)
def test_a_command_that_need_not_wait_because_something_is_there_is_not_told(tmp_path: Path) -> None:
    answer = b"*2\r\n$4\r\njobs\r\n$1\r\na\r\n"
    assert "asked-to-wait" not in found(tmp_path, closed([(0, "C", command("BLPOP", "jobs", "5")), (9, "S", answer)]))


@pytest.mark.finding("slow-query", twin=True)
def test_answers_behind_a_slow_one_are_not_slow_themselves(tmp_path: Path) -> None:
    pipeline = command("KEYS", "*") + b"".join(command("GET", f"user:{number}") for number in range(9))
    told = found(tmp_path, closed([(0, "C", pipeline), (1_500, "S", b"*0\r\n" + 9 * NOTHING)]))

    assert told["slow-query"].facts["count"] == 1


@pytest.mark.finding("slow-query", twin=True)
def test_a_query_whose_connection_has_holes_is_not_told(tmp_path: Path) -> None:
    turns = [*gets(3, 10), (100, "C", command("KEYS", "*")), (1_900, "S", b"*0\r\n"), *gets(2, 10, start=2_000)]
    assert "slow-query" not in found(tmp_path, closed(turns), missing=(5,))


# -- round trips -----------------------------------------------------------------------------


def far(tmp_path: Path, turns: list[Turn]) -> dict[str, Finding]:
    """What is found where answers carry the acknowledgments, as they do over a long way to a quick server."""
    tape = Tape()
    tape.tcp(0, CLIENT, SERVER, SYN, 1000)
    tape.tcp(30, SERVER, CLIENT, SYN | ACK, 9000, 1001)
    tape.tcp(30.1, CLIENT, SERVER, ACK, 1001, 9001)
    seq = {"C": 1001, "S": 9001}
    for ms, who, what in turns:
        assert isinstance(what, bytes)
        ends = (CLIENT, SERVER) if who == "C" else (SERVER, CLIENT)
        other = "S" if who == "C" else "C"
        tape.tcp(40 + ms, *ends, PSH | ACK, seq[who], seq[other], what)
        seq[who] += len(what)
    path = tmp_path / "far.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    return {str(finding.id): finding for finding in session.findings(0)}


@pytest.mark.finding("many-round-trips")
def test_requests_one_by_one_over_a_long_way_are_many_round_trips(tmp_path: Path) -> None:
    finding = far(tmp_path, gets(60, 30))["many-round-trips"]

    assert (finding.facts["count"], finding.facts["statement"]) == (60, "GET user:*")
    assert finding.confidence is Confidence.CERTAIN
    assert finding.facts["each_s"] == pytest.approx(0.03, abs=0.003)
    assert finding.severity is Severity.WARNING


@pytest.mark.finding("many-round-trips", twin=True)
def test_a_pipeline_a_few_requests_and_polling_are_not(tmp_path: Path) -> None:
    pipeline = b"".join(command("GET", f"user:{number}") for number in range(60))
    for name, turns in {
        "pipeline": [(0.0, "C", pipeline), (30.0, "S", 60 * NOTHING)],
        "few": gets(10, 30),
        "polling": gets(60, 30, pause_ms=900),
    }.items():
        (tmp_path / name).mkdir()
        assert "many-round-trips" not in far(tmp_path / name, list(turns)), name


@pytest.mark.finding("many-round-trips", twin=True)
def test_requests_one_by_one_to_a_server_that_takes_longer_than_the_way_are_not(tmp_path: Path) -> None:
    assert "many-round-trips" not in far(tmp_path, gets(60, 130))


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.finding("database-errors")
def test_many_errors_of_one_kind_are_told_with_the_first_statement(tmp_path: Path) -> None:
    finding = found(tmp_path, closed([*gets(8, 5, WRONG), *gets(20, 5, start=100)]))["database-errors"]

    assert (finding.facts["status"], finding.facts["count"], finding.facts["answers"]) == ("WRONGTYPE", 8, 28)
    assert (finding.facts["statement"], finding.severity) == ("GET user:*", Severity.WARNING)


@pytest.mark.finding("database-errors")
def test_errors_of_sql_are_not_told_in_words_of_redis(tmp_path: Path) -> None:
    ready = message(b"Z", b"I")
    turns: list[Turn] = [(0, "C", startup(user="ada")), (5, "S", message(b"R", bytes(4)) + ready)]
    for number in range(6):
        turns.append((10 + 10 * number, "C", message(b"Q", b"SELEC 1\0")))
        turns.append((15 + 10 * number, "S", message(b"E", b"SERROR\0C42601\0Msyntax\0\0") + ready))
    finding = found(tmp_path, closed(turns))["database-errors"]

    assert (finding.facts["shape"], finding.facts["status"], finding.facts["count"]) == ("sql", "42601", 6)
    for language in Language:
        said = " ".join(line for part in finding_sections(finding, Words(language)) for line in part.lines)
        assert "WRONGTYPE" not in said


def session(error: bytes, *ends: Turn) -> list[Turn]:
    """A session of PostgreSQL whose second query is answered with ``error``; then what follows."""
    ready = message(b"Z", b"I")
    fatal = message(b"E", b"SFATAL\0C" + error + b"\0Mterminating connection\0\0")
    return [(0, "C", startup(user="ada")), (5, "S", message(b"R", bytes(4)) + ready),
            (10, "C", message(b"Q", b"SELECT 1\0")), (15, "S", message(b"C", b"SELECT 1\0") + ready),
            (20, "C", message(b"Q", b"SELECT 2\0")), (25, "S", fatal), *ends]  # fmt: skip


@pytest.mark.finding("database-errors")
@pytest.mark.parametrize("end", ["FIN", "RST"])
def test_an_error_with_which_the_server_ends_the_connection_is_told(tmp_path: Path, end: str) -> None:
    finding = found(tmp_path, session(b"57P01", (26, "S", end)))["database-errors"]

    assert (finding.facts["shape"], finding.facts["status"], finding.severity) == ("ended", "57P01", Severity.WARNING)
    assert finding.facts["end_frame"] == finding.packets[-1]
    for language in Language:
        assert finding_sections(finding, Words(language))


@pytest.mark.finding("database-errors", twin=True)
@pytest.mark.parametrize(
    ("error", "ends"),
    [(b"42601", [(26, "S", "FIN")]), (b"57P01", []), (b"57P01", [(26, "C", "FIN"), (27, "S", "FIN")])],
    ids=["of the statement", "still open", "the client closed"],
)
def test_an_error_of_a_connection_that_the_server_does_not_end_is_not(
    tmp_path: Path, error: bytes, ends: list[Turn]
) -> None:
    assert "database-errors" not in found(tmp_path, session(error, *ends))


@pytest.mark.finding("database-errors", twin=True)
@pytest.mark.parametrize("answer", [NOTHING, b"-MOVED 3999 10.0.0.9:6379\r\n", b"-NOSCRIPT No matching script.\r\n"])
def test_nothing_there_and_redirects_are_no_errors(tmp_path: Path, answer: bytes) -> None:
    assert "database-errors" not in found(tmp_path, closed(gets(30, 5, answer)))


@pytest.mark.finding("database-errors", twin=True)
def test_few_errors_are_not_told(tmp_path: Path) -> None:
    assert "database-errors" not in found(tmp_path, closed([*gets(3, 5, WRONG), *gets(20, 5, start=100)]))


@pytest.mark.finding("database-errors")
@pytest.mark.parametrize(("answer", "shape"), [(REFUSED, "login"), (NO_AUTH, "without-login")])
def test_a_login_that_fails_is_told(tmp_path: Path, answer: bytes, shape: str) -> None:
    asked = command("AUTH", "s3cr3t") if shape == "login" else command("GET", "a")
    finding = found(tmp_path, closed([(0, "C", asked), (5, "S", answer)]))["database-errors"]

    assert finding.facts["shape"] == shape
    assert "s3cr3t" not in str(finding)


@pytest.mark.finding("database-errors", twin=True)
def test_a_login_that_succeeds_in_the_end_is_not_told(tmp_path: Path) -> None:
    turns: list[Turn] = [
        (0, "C", command("HELLO", "3")), (5, "S", NO_AUTH), (10, "C", command("AUTH", "s3cr3t")), (15, "S", b"+OK\r\n")
    ]  # fmt: skip
    assert "database-errors" not in found(tmp_path, closed(turns))


# -- closed while idle -----------------------------------------------------------------------


@pytest.mark.finding("closed-while-idle")
def test_a_request_behind_the_servers_idle_close_is_lost(tmp_path: Path) -> None:
    late = [(4_000, "S", "FIN"), (9_000, "C", command("GET", "a")), (9_040, "S", "RST")]
    finding = found(tmp_path, [*gets(3, 10), *late])["closed-while-idle"]

    assert (finding.facts["shape"], finding.facts["statement"]) == ("lost", "GET a")
    assert finding.facts["idle_s"] == pytest.approx(4, abs=0.1)
    assert finding.severity is Severity.WARNING


@pytest.mark.finding("closed-while-idle")
def test_an_idle_close_that_the_client_follows_is_a_note(tmp_path: Path) -> None:
    finding = found(tmp_path, [*gets(3, 10), (4_000, "S", "FIN"), (4_040, "C", "FIN")])["closed-while-idle"]

    assert (finding.facts["shape"], finding.severity) == ("", Severity.NOTE)


@pytest.mark.finding("closed-while-idle", twin=True)
@pytest.mark.parametrize("every_ms", [300, 900, 3_000])
def test_messages_that_nobody_asked_for_break_the_silence(tmp_path: Path, every_ms: int) -> None:
    """MONITOR shows each command; the server that is ended then was not silent, unless the last one is long ago."""
    begun: list[Turn] = [(0, "C", command("MONITOR")), (10, "S", b"+OK\r\n")]
    shown: list[Turn] = [(10 + at, "S", b'+1.1 [0 a:1] "PING"\r\n') for at in range(every_ms, 9_001, every_ms)]
    told = found(tmp_path, [*begun, *shown, (9_500, "S", "FIN"), (9_540, "C", "FIN")])
    late = found(tmp_path, [*begun, *shown, (12_010, "S", "FIN"), (12_050, "C", "FIN")])

    assert "closed-while-idle" not in told
    assert late["closed-while-idle"].facts["idle_s"] == pytest.approx(12 - shown[-1][0] / 1_000, abs=0.05)


@pytest.mark.finding("closed-while-idle", twin=True)
@pytest.mark.parametrize("why", ["client closes", "at once", "open request", "as asked"])
def test_other_closes_are_not_told(tmp_path: Path, why: str) -> None:
    asked = command("GET", "a")
    ends: dict[str, list[Turn]] = {
        "client closes": [(4_000, "C", "FIN"), (4_040, "S", "FIN")],
        "at once": [(100, "S", "FIN"), (140, "C", "FIN")],
        "open request": [(100, "C", asked), (4_000, "S", "FIN"), (4_040, "C", "FIN")],
        "as asked": [(60, "C", command("QUIT")), (70, "S", b"+OK\r\n"), (4_000, "S", "FIN"), (4_040, "C", "FIN")],
    }
    assert "closed-while-idle" not in found(tmp_path, [*gets(3, 10), *ends[why]])


# -- other databases -------------------------------------------------------------------------


def sql(number: int, ms: float, took_ms: float, status: str = "OK", server_ms: float = 0) -> Request:
    """A request of PostgreSQL, as its reader makes them; of packets only the times are known."""
    begun, ended = int(ms * 1e6), int((ms + took_ms) * 1e6)
    time = [None if part is not RequestPart.SERVER else int(server_ms * 1e6) for part in RequestPart]
    return Request(
        0, number, "postgresql", "SELECT items", status, MessagePackets(0, 0, 40, begun, begun),
        MessagePackets(0, 0, 90, ended, ended), True, begun, ended - begun, tuple(time),
        statement=f"SELECT * FROM items WHERE order_id = {number}",
    )  # fmt: skip


@pytest.fixture
def connection(tmp_path: Path) -> ConnectionFacts:
    """Some connection with a round trip of 40 ms."""
    session = open_file(record(tmp_path, closed(gets(3, 10))))
    return ConnectionFacts(view_of(session, 0), RuleContext())


def of_sql(*requests: Request) -> RequestFacts:
    return RequestFacts("postgresql", requests, frozenset())


@pytest.mark.finding("many-round-trips")
def test_sql_in_a_loop_is_n_plus_1(connection: ConnectionFacts) -> None:
    finding = many_round_trips(connection, of_sql(*(sql(number, 42 * number, 41) for number in range(50))))

    assert finding is not None
    assert (finding.facts["statement"], finding.facts["count"]) == ("SELECT * FROM items WHERE order_id = ?", 50)


@pytest.mark.finding("slow-query")
def test_sql_that_the_server_holds_back_is_slow(connection: ConnectionFacts) -> None:
    (finding,) = slow_queries(connection, of_sql(sql(0, 0, 41), sql(1, 50, 2_041, server_ms=2_000)))

    assert (finding.facts["statement"], finding.severity) == (
        "SELECT * FROM items WHERE order_id = ?",
        Severity.WARNING,
    )


@pytest.mark.finding("database-errors")
@pytest.mark.parametrize(("protocol", "status"), [("postgresql", "28P01"), ("mysql", "1045 (28000)")])
def test_logins_of_sql_that_are_refused_are_told(connection: ConnectionFacts, protocol: str, status: str) -> None:
    said = RequestFacts(protocol, (sql(0, 0, 41, status)._replace(protocol=protocol),), frozenset())
    (finding,) = database_errors(connection, said)

    assert (finding.facts["shape"], finding.facts["status"]) == ("login", status)


@pytest.mark.finding("database-errors")
def test_a_burst_of_one_sqlstate_is_told(connection: ConnectionFacts) -> None:
    (finding,) = database_errors(connection, of_sql(*(sql(number, 42 * number, 41, "23505") for number in range(6))))

    assert (finding.facts["protocol"], finding.facts["status"], finding.facts["count"]) == ("PostgreSQL", "23505", 6)


@pytest.mark.finding("database-errors")
def test_each_burst_is_told_beside_a_refused_login(connection: ConnectionFacts) -> None:
    codes = ["23505"] * 7 + ["42P01"] * 5 + ["22012"] * 4 + ["28P01"]
    told = database_errors(connection, of_sql(*(sql(n, 42 * n, 41, code) for n, code in enumerate(codes))))

    assert [(one.facts["shape"], one.facts["status"], one.facts["count"]) for one in told] == [
        ("login", "28P01", 1), ("sql", "23505", 7), ("sql", "42P01", 5),
    ]  # fmt: skip
