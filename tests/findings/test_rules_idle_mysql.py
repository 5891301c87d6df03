"""`idle-in-transaction` behind what MySQL answers without status flags: errors, prepared statements.

What is open behind each error was asked of a server (`SELECT @@in_transaction`, MariaDB 10.11).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import pytest
from web_captures import closed, found

from tcptui.model.finding import Confidence

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

    from tcptui.model.finding import Finding

GREETING: Final = (
    b"\x0a5.5.5-10.11.4-MariaDB\0" + struct.pack("<I", 7) + b"12345678\0" + b"\xfe\xf7\x2d\x02\x00\xff\x81\x15"
    + b"\0" * 10 + b"123456789012\0mysql_native_password\0"
)  # fmt: skip
LOGIN: Final = (
    struct.pack("<II", 0x0028_A205, 1 << 24) + b"\x2d" + b"\0" * 23 + b"ada\0\0shop\0" + b"mysql_native_password\0"
)
PREPARED: Final = struct.pack("<BIHHBH", 0, 5, 0, 0, 0, 0)
COMMITS, OPEN, MORE = 2, 1, 8


def my(body: bytes, number: int = 0) -> bytes:
    return len(body).to_bytes(3, "little") + bytes((number,)) + body


def ok(flags: int, number: int = 1) -> bytes:
    return my(b"\0\0\0" + struct.pack("<HH", flags, 0), number)


def error(code: int, number: int = 1) -> bytes:
    return my(b"\xff" + struct.pack("<H", code) + b"#HY000no", number)


def one_by_one(*asked: tuple[str, bytes]) -> list[Turn]:
    """A login, then statements with their answers; three seconds of nothing before the last."""
    turns: list[Turn] = [(0, "S", my(GREETING)), (10, "C", my(LOGIN, 1)), (20, "S", ok(COMMITS, 2))]
    for at, (sql, answer) in enumerate(asked):
        ms = 30 + 10 * at + 3_000 * (at == len(asked) - 1)
        command = b"\x16" + sql[8:].encode() if sql.startswith("PREPARE ") else b"\x03" + sql.encode()
        turns += [(ms, "C", my(command)), (ms + 5, "S", answer)]
    return closed(turns, "C")


def told(tmp_path: Path, *asked: tuple[str, bytes]) -> Finding | None:
    return found(tmp_path, one_by_one(*asked)).get("idle-in-transaction")


BEGIN: Final = ("BEGIN", ok(COMMITS | OPEN))
COMMIT: Final = ("COMMIT", ok(COMMITS))


@pytest.mark.finding("idle-in-transaction")
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", 1146), ("/* app:cart */ INSERT INTO x VALUES (1, 1)", 1062), ("SELEC 1", 1064),
        ("CREATE TABLE", 1064), ("ROLLBACK TO nosuch", 1305), ("UPDATE x SET v = 1", 1792), ("SELECT SLEEP(9)", 1317),
        ("(SELECT 1) UNION (SELECT a)", 1054),
    ],
)  # fmt: skip
def test_a_statement_that_fails_leaves_its_transaction_open(tmp_path: Path, sql: str, code: int) -> None:
    finding = told(tmp_path, BEGIN, (sql, error(code)), COMMIT)

    assert finding is not None
    assert (finding.confidence, finding.alternatives) == (Confidence.CERTAIN, ())
    assert finding.facts["idle_s"] == pytest.approx(3, abs=0.02)
    assert finding.facts["open_s"] == pytest.approx(3.02, abs=0.02)  # since BEGIN, not since the error


@pytest.mark.finding("idle-in-transaction")
def test_a_wait_for_a_lock_that_was_too_long_ends_by_default_only_the_statement(tmp_path: Path) -> None:
    timeout = ("UPDATE x SET v = 1", error(1205))
    finding = told(tmp_path, BEGIN, timeout, ("SELECT 1 FROM nowhere", error(1146)), COMMIT)
    asked_again = told(tmp_path, BEGIN, timeout, ("UPDATE x SET v = 2", ok(COMMITS | OPEN)), COMMIT)

    assert finding is not None
    assert (finding.confidence, finding.alternatives) == (Confidence.LIKELY, ("timeout-rolls-back",))
    assert asked_again is not None
    assert asked_again.confidence is Confidence.CERTAIN


@pytest.mark.finding("idle-in-transaction")
def test_what_is_prepared_in_a_transaction_leaves_it_open(tmp_path: Path) -> None:
    assert told(tmp_path, BEGIN, ("PREPARE SELECT 1", my(PREPARED, 1)), COMMIT) is not None
    assert told(tmp_path, ("PREPARE SELECT 1", my(PREPARED, 1)), COMMIT) is None


@pytest.mark.finding("idle-in-transaction")
def test_an_error_behind_others_of_one_command_is_about_the_state_that_these_told(tmp_path: Path) -> None:
    begun = ("BEGIN; SELEC 1", ok(COMMITS | OPEN | MORE) + error(1064, 2))
    ended = ("COMMIT; SELEC 1", ok(COMMITS | MORE) + error(1064, 2))

    assert told(tmp_path, begun, COMMIT) is not None
    assert told(tmp_path, BEGIN, ended, COMMIT) is None


@pytest.mark.finding("idle-in-transaction", twin=True)
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE x SET v = 1", 1213),  # the transaction that yields is rolled back whole
        ("CREATE TABLE y (id INT)", 1050), ("DROP TABLE nowhere", 1051), ("TRUNCATE nowhere", 1146),
        ("LOCK TABLES nowhere READ", 1146), ("CALL p()", 1146), ("EXECUTE IMMEDIATE 'DROP TABLE nowhere'", 1051),
        ("COMMIT", 1180), ("SET autocommit = 1, nosuch = 1", 1193), ("UPDATE x SET v = 7", 1020),
        ("/*!50000 DROP TABLE nowhere */", 1051),
    ],
)  # fmt: skip
def test_what_may_have_ended_the_transaction_though_it_failed_leaves_nothing_to_tell(
    tmp_path: Path, sql: str, code: int
) -> None:
    assert told(tmp_path, BEGIN, (sql, error(code)), COMMIT) is None


@pytest.mark.finding("idle-in-transaction", twin=True)
def test_an_error_outside_a_transaction_opens_none(tmp_path: Path) -> None:
    refused = ("INSERT INTO x VALUES (1, 1)", error(1062))

    assert told(tmp_path, BEGIN, COMMIT, refused, COMMIT) is None
    # Without autocommit it may have opened one: the server does not say.
    assert told(tmp_path, ("SET autocommit = 0", ok(0)), refused, COMMIT) is None


@pytest.mark.finding("idle-in-transaction", twin=True)
def test_a_silence_after_commit_behind_an_error_is_none(tmp_path: Path) -> None:
    assert told(tmp_path, BEGIN, ("SELECT 1 FROM nowhere", error(1146)), COMMIT, ("SELECT 1", error(1146))) is None
