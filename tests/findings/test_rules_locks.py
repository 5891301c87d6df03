"""`lock-wait` and `idle-in-transaction`, and near-twins: PostgreSQL's and MySQL's bytes on several connections."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, FIN, PSH, Tape

from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import Finding

    Say = tuple[float, int, str, bytes]

SERVER: Final = "10.0.0.2:5432"
UPDATE: Final = "UPDATE items SET stock = 1 WHERE id = 7"
END: Final = b"FIN"
AGAIN: Final = "C again"
"""What the client said last, once more."""


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body) + 4) + body


def done(state: bytes = b"I", tag: bytes = b"UPDATE 1") -> bytes:
    return message(b"C", tag + b"\0") + message(b"Z", state)


def refused(code: bytes, state: bytes = b"I") -> bytes:
    return message(b"E", b"SERROR\0VERROR\0C" + code + b"\0Mno\0\0") + message(b"Z", state)


def dying(code: bytes) -> bytes:
    return message(b"E", b"SFATAL\0VFATAL\0C" + code + b"\0Mend\0\0")


def query(ms: float, which: int, statement: str, took: float, answer: bytes) -> list[Say]:
    return [(ms, which, "C", message(b"Q", statement.encode() + b"\0")), (ms + took, which, "S", answer)]


def logins(*which: int) -> list[Say]:
    startup = b"\0\x03\0\0user\0ada\0database\0shop\0\0"
    hello = message(b"R", struct.pack(">I", 0)) + message(b"Z", b"I")
    return [
        turn
        for one in which
        for turn in (
            (one, one, "C", struct.pack(">I", len(startup) + 4) + startup),
            (one + 5, one, "S", hello),
        )
    ]


def recorded(tmp_path: Path, says: list[Say]) -> list[dict[str, Finding]]:
    """What is said of each connection, by id."""
    return [{str(one.id): one for one in findings} for findings in every(tmp_path, says)]


def every(tmp_path: Path, says: list[Say]) -> list[tuple[Finding, ...]]:
    """All that is said of each connection."""
    tape = Tape()
    numbers = sorted({which for _, which, _, _ in says})
    seq = {}
    for which in numbers:
        tape.handshake(which * 20, f"10.0.0.1:{40_000 + which}", SERVER)
        seq[which] = {"C": 1001, "S": 9001}
    for ms, which, who, what in sorted(says, key=lambda one: one[0]):
        ends = {"C": f"10.0.0.1:{40_000 + which}", "S": SERVER}
        other = "S" if who == "C" else "C"
        flags = FIN | ACK if what is END else PSH | ACK
        body = b"" if what is END else what
        mine = seq[which]
        if who == AGAIN:
            tape.tcp(200 + ms, ends["C"], SERVER, flags, mine["C"] - len(body), mine["S"], body)
            continue
        tape.tcp(200 + ms, ends[who], ends[other], flags, mine[who], mine[other], body)
        mine[who] += len(body) + (what is END)
        tape.tcp(200 + ms + 0.02, ends[other], ends[who], ACK, mine[other], mine[who])
    tape.tcp(60_000, "10.0.0.9:1", "10.0.0.8:2", ACK, 1, 1)  # the capture went on
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    return [session.findings(stream) for stream in range(len(numbers))]


def held(until: float, *, what: str = UPDATE, from_ms: float = 120, ended: str = "COMMIT") -> list[Say]:
    """Connection 0 has a transaction from 100 ms to ``until``."""
    return [
        *query(100, 0, "BEGIN", 5, done(b"T", b"BEGIN")),
        *query(from_ms, 0, what, 5, done(b"T")),
        *query(until - 5, 0, ended, 5, done(b"I", ended.encode())),
    ]


# -- waits for locks -------------------------------------------------------------------------


@pytest.mark.finding("lock-wait")
@pytest.mark.parametrize("ended", ["COMMIT", "ROLLBACK"])
def test_a_statement_answered_when_another_connection_commits_waited_for_its_lock(tmp_path: Path, ended: str) -> None:
    waiting = query(500, 1, UPDATE, 2_503, done())
    _, told = recorded(tmp_path, [*logins(0, 1), *held(3_000, ended=ended), *waiting])

    finding = told["lock-wait"]
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert (finding.facts["other_stream"], finding.facts["ended"]) == (0, ended)
    assert finding.facts["held"] == "UPDATE items SET stock = ? WHERE id = ?"
    assert "slow-query" not in told
    assert "server-think-time" not in told


@pytest.mark.finding("lock-wait")
@pytest.mark.finding("slow-query", twin=True)
@pytest.mark.parametrize(("early_ms", "expected"), [(60, "lock-wait"), (150, "slow-query")])
def test_an_answer_may_overtake_that_to_the_commit_by_so_much(tmp_path: Path, early_ms: float, expected: str) -> None:
    """At the client: both left the server at once, and one of them took longer on its way."""
    committed_ms = held(3_000)[-1][0]
    waiting = query(500, 1, UPDATE, committed_ms - 500 - early_ms, done())
    _, told = recorded(tmp_path, [*logins(0, 1), *held(3_000), *waiting])

    assert {"lock-wait", "slow-query"} & told.keys() == {expected}


@pytest.mark.finding("lock-wait", twin=True)
@pytest.mark.parametrize(
    ("other", "took"),
    [
        (held(3_000, what="UPDATE orders SET note = 'x'"), 2_503),  # another table
        (held(3_000, what="SELECT stock FROM items"), 2_503),  # takes no lock on rows
        (held(3_000, from_ms=700), 2_503),  # locked later
        (held(2_000), 2_503),  # had ended long before
        (held(3_000), 3_900),  # goes on long after
    ],
    ids=["other table", "reads", "later", "before", "after"],
)
def test_what_another_connection_did_without_its_lock_is_no_lock_wait(
    tmp_path: Path, other: list[Say], took: float
) -> None:
    _, told = recorded(tmp_path, [*logins(0, 1), *other, *query(500, 1, UPDATE, took, done())])

    assert "lock-wait" not in told
    assert "slow-query" in told


@pytest.mark.finding("lock-wait")
@pytest.mark.parametrize(("code", "shape"), [(b"55P03", "timeout"), (b"40P01", "deadlock")])
def test_the_servers_own_error_is_certain(tmp_path: Path, code: bytes, shape: str) -> None:
    (told,) = recorded(tmp_path, [*logins(0), *query(500, 0, UPDATE, 2_000, refused(code))])

    finding = told["lock-wait"]
    assert (finding.facts["shape"], finding.confidence, finding.severity) == (
        shape,
        Confidence.CERTAIN,
        Severity.WARNING,
    )
    assert "slow-query" not in told


@pytest.mark.finding("lock-wait")
@pytest.mark.finding("slow-query", twin=True)
def test_each_kind_of_waiting_on_one_connection_is_told(tmp_path: Path) -> None:
    ended = [
        *query(3_200, 1, UPDATE, 2_000, refused(b"55P03")),
        *query(5_300, 1, UPDATE, 300, refused(b"40P01")),
        *query(5_700, 1, UPDATE, 1_500, refused(b"55P03")),
    ]
    _, told = every(tmp_path, [*logins(0, 1), *held(3_000), *query(500, 1, UPDATE, 2_503, done()), *ended])
    waits = {str(one.facts["shape"]): one for one in told if one.id is FindingId.LOCK_WAIT}

    assert {shape: one.facts["count"] for shape, one in waits.items()} == {"": 1, "timeout": 2, "deadlock": 1}
    assert len({frame for one in waits.values() for frame in one.packets}) == 8
    assert FindingId.SLOW_QUERY not in {one.id for one in told}


# -- transactions left open ------------------------------------------------------------------


@pytest.mark.finding("idle-in-transaction")
def test_a_client_that_is_silent_in_a_transaction_is_told_with_its_begin_and_end(tmp_path: Path) -> None:
    (told,) = recorded(tmp_path, [*logins(0), *held(3_000)])

    finding = told["idle-in-transaction"]
    assert (finding.severity, finding.confidence, finding.facts["shape"]) == (Severity.NOTE, Confidence.CERTAIN, "")
    assert finding.facts["idle_s"] == pytest.approx(2.87)
    assert finding.facts["open_s"] == pytest.approx(2.895)
    assert finding.facts["statement"] == "UPDATE items SET stock = ? WHERE id = ?"


@pytest.mark.finding("idle-in-transaction")
def test_a_long_silence_in_a_transaction_is_a_warning_whoever_ends_it(tmp_path: Path) -> None:
    open_one = held(3_000)[:4]
    (told,) = recorded(tmp_path, [*logins(0), *open_one, (15_000, 0, "C", END), (15_005, 0, "S", END)])

    assert told["idle-in-transaction"].severity is Severity.WARNING
    assert told["idle-in-transaction"].facts["shape"] == ""


@pytest.mark.finding("idle-in-transaction")
def test_a_limit_of_the_server_is_certain_where_it_says_so(tmp_path: Path) -> None:
    ends: list[Say] = [(2_150, 0, "S", dying(b"25P03")), (2_151, 0, "S", END), (2_200, 0, "C", END)]
    (told,) = recorded(tmp_path, [*logins(0), *held(9_000)[:4], *ends])

    finding = told["idle-in-transaction"]
    assert (finding.facts["shape"], finding.confidence, finding.severity) == (
        "ended",
        Confidence.CERTAIN,
        Severity.WARNING,
    )
    assert "closed-while-idle" not in told


@pytest.mark.finding("idle-in-transaction", twin=True)
@pytest.mark.parametrize("why", ["committed", "slow inside", "prompt"])
def test_a_silence_outside_and_a_slow_statement_inside_a_transaction_are_none(tmp_path: Path, why: str) -> None:
    says: dict[str, list[Say]] = {
        "committed": [*held(200), *query(3_000, 0, UPDATE, 5, done())],
        "slow inside": [*held(200)[:4], *query(130, 0, "SELECT pg_sleep(3)", 3_000, done(b"T")),
                        *query(3_140, 0, "COMMIT", 5, done())],
        "prompt": held(700),
    }  # fmt: skip
    (told,) = recorded(tmp_path, [*logins(0), *says[why]])

    assert "idle-in-transaction" not in told


@pytest.mark.finding("closed-while-idle")
def test_a_limit_of_idle_sessions_is_certain_where_the_server_says_so(tmp_path: Path) -> None:
    ends: list[Say] = [(3_000, 0, "S", dying(b"57P05")), (3_001, 0, "S", END), (3_050, 0, "C", END)]
    (told,) = recorded(tmp_path, [*logins(0), *query(100, 0, UPDATE, 5, done()), *ends])

    finding = told["closed-while-idle"]
    assert (finding.confidence, finding.alternatives) == (Confidence.CERTAIN, ())
    assert finding.facts["idle_s"] == pytest.approx(2.896, abs=0.01)


# -- cancels ---------------------------------------------------------------------------------

KEY: Final = struct.pack(">II", 4_711, 99)


def session(ms: float, which: int, key: bytes) -> list[Say]:
    startup = b"\0\x03\0\0user\0ada\0\0"
    hello = message(b"R", struct.pack(">I", 0)) + message(b"K", key) + message(b"Z", b"I")
    return [(ms, which, "C", struct.pack(">I", len(startup) + 4) + startup), (ms + 5, which, "S", hello)]


@pytest.mark.finding("query-cancelled")
@pytest.mark.parametrize("known", [True, False])
def test_a_cancel_and_the_statement_that_it_ends_name_each_other(tmp_path: Path, known: bool) -> None:
    text = b"SERROR\0VERROR\0C57014\0Mcanceling statement due to user request\0\0"
    slow = query(100, 0, "SELECT slow()", 2_005, message(b"E", text) + message(b"Z", b"I"))
    asks: Say = (2_100, 2, "C", struct.pack(">II", 16, 80_877_102) + (KEY if known else KEY[::-1]))
    sessions = [*session(0, 0, KEY), *session(1, 1, bytes(8))]
    victim, other, asker = recorded(tmp_path, [*sessions, *slow, asks, (2_101, 2, "S", END)])

    assert "query-cancelled" not in other
    mine, its = victim["query-cancelled"], asker["query-cancelled"]
    shapes = (mine.facts["shape"], its.facts["shape"])
    assert shapes == (("asked-by", "request-of") if known else ("asked", "request"))
    if known:
        assert (mine.facts["other_stream"], its.facts["other_stream"]) == (2, 0)
        assert its.facts["victim"] == "SELECT slow()"
        assert its.facts["victim_frame"] in its.packets
        assert mine.facts["cancel_frame"] in mine.packets


@pytest.mark.finding("closed-while-idle")
def test_a_request_that_was_only_sent_again_is_no_farewell(tmp_path: Path) -> None:
    """The answer came late; the server ends the session after a silence."""
    asked = query(100, 0, "SELECT 1", 5, done())
    again: Say = (107, 0, AGAIN, asked[0][3])
    says = [*logins(0), *asked, again, (5_000, 0, "S", dying(b"57P05")), (5_001, 0, "S", END)]

    assert "closed-while-idle" in recorded(tmp_path, says)[0]
