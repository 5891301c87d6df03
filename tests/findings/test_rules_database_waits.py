"""`slow-query` where the time was not one statement's own: answers written together, a busy Redis, held on the way."""

from __future__ import annotations

import struct
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, FIN, PSH, SYN, Tape
from postgresql_session import SYNC, execute, message, parse, startup
from postgresql_session import bind as bound
from web_captures import closed, found

from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections, finding_title
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

    from tcptui.model.finding import Finding

    Say = tuple[float, int, str, bytes]

REDIS: Final = "10.0.0.2:6379"
NOTHING: Final = b"$-1\r\n"


def command(*words: str) -> bytes:
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words)


GET, KEYS, POP = command("GET", "user:1"), command("KEYS", "*"), command("BLPOP", "jobs", "5")
READY: Final = message(b"Z", b"I")
OPENING: Final = [(0.0, "C", startup(user="ada", database="shop")), (5.0, "S", message(b"R", bytes(4)) + READY)]


def extended(statement: str) -> bytes:
    return parse("", statement) + bound("", "") + execute()


def answer(tag: bytes) -> bytes:
    return message(b"1") + message(b"2") + message(b"C", tag + b"\0")


def sentences(finding: Finding, language: Language) -> str:
    """What it says beyond title and first sentence."""
    words = Words(language)
    assert finding_title(finding, words)
    return " ".join(line for part in finding_sections(finding, words) for line in part.lines)


# -- answers that are written together -------------------------------------------------------


@pytest.mark.finding("slow-query")
def test_of_commands_that_redis_answers_at_once_none_is_blamed(tmp_path: Path) -> None:
    told = found(tmp_path, closed([(0, "C", GET + KEYS + GET), (1_500, "S", NOTHING + b"*0\r\n" + NOTHING)]))

    facts = told["slow-query"].facts
    assert (facts["shape"], facts["together"], facts["statements"]) == ("together", 3, "GET user:*, KEYS *")
    assert told["slow-query"].severity is Severity.WARNING
    assert all(sentences(told["slow-query"], language) for language in Language)


@pytest.mark.finding("slow-query", twin=True)
def test_command_whose_forerunner_was_answered_before_is_blamed_itself(tmp_path: Path) -> None:
    told = found(tmp_path, closed([(0, "C", GET + KEYS), (5, "S", NOTHING), (1_500, "S", b"*0\r\n")]))

    assert (told["slow-query"].facts["shape"], told["slow-query"].facts["statement"]) == ("", "KEYS *")


@pytest.mark.finding("slow-query", twin=True)
def test_command_that_came_while_another_ran_is_not_told_with_it(tmp_path: Path) -> None:
    told = found(tmp_path, closed([(0, "C", KEYS), (700, "C", GET), (1_500, "S", b"*0\r\n" + NOTHING)]))

    assert (told["slow-query"].facts["shape"], told["slow-query"].facts["statement"]) == ("", "KEYS *")


@pytest.mark.finding("slow-query", twin=True)
def test_command_behind_which_another_asked_to_wait_is_not_slow(tmp_path: Path) -> None:
    told = found(tmp_path, closed([(0, "C", GET + POP), (3_000, "S", NOTHING + b"*-1\r\n")]))

    assert "slow-query" not in told


@pytest.mark.finding("slow-query")
def test_statements_up_to_one_sync_are_answered_together(tmp_path: Path) -> None:
    asked = extended("SELECT name FROM items") + extended("SELECT stock FROM items") + SYNC
    turns = [*OPENING, (20, "C", asked), (1_820, "S", answer(b"SELECT 0") + answer(b"SELECT 0") + READY)]
    told = found(tmp_path, closed(turns))

    assert (told["slow-query"].facts["shape"], told["slow-query"].facts["together"]) == ("together", 2)


@pytest.mark.finding("slow-query", twin=True)
def test_statements_with_a_sync_each_are_answered_one_by_one(tmp_path: Path) -> None:
    asked = extended("SELECT name FROM items") + SYNC + extended("SELECT stock FROM items") + SYNC
    turns = [*OPENING, (20, "C", asked), (1_820, "S", 2 * (answer(b"SELECT 0") + READY))]
    told = found(tmp_path, closed(turns))

    assert (told["slow-query"].facts["shape"], told["slow-query"].facts["statement"]) == ("", "SELECT name FROM items")


@pytest.mark.finding("slow-query", twin=True)
def test_statement_that_the_end_of_its_session_ended_is_not_slow(tmp_path: Path) -> None:
    killed = message(b"E", b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0")
    turns = [*OPENING, (20, "C", message(b"Q", b"SELECT name FROM items\0")), (1_820, "S", killed)]
    answered = message(b"E", b"SERROR\0VERROR\0C22012\0Mdivision by zero\0\0") + READY

    assert "slow-query" not in found(tmp_path, closed(turns))
    assert "slow-query" in found(tmp_path, closed([*turns[:-1], (1_820, "S", answered)]))


# -- statements that ask to wait ---------------------------------------------------------------


def asked(statement: bytes) -> list[Turn]:
    """A statement that is answered after three seconds."""
    answered = message(b"C", b"SELECT 1\0") + READY
    return closed([*OPENING, (20, "C", message(b"Q", statement + b"\0")), (3_020, "S", answered)])


@pytest.mark.finding("asked-to-wait")
@pytest.mark.finding("slow-query", twin=True)
def test_statement_that_asks_for_a_lock_with_a_name_is_not_slow(tmp_path: Path) -> None:
    told = found(tmp_path, asked(b"SELECT pg_advisory_lock(7)"))

    assert "slow-query" not in told
    assert told["asked-to-wait"].facts["shape"] == "sql"
    assert told["asked-to-wait"].facts["wait_s"] == pytest.approx(3.0, abs=0.1)


@pytest.mark.finding("slow-query")
@pytest.mark.finding("asked-to-wait", twin=True)
@pytest.mark.parametrize("statement", [b"SELECT pg_try_advisory_lock(7)", b"SELECT name FROM get_lock_items (1)"])
def test_statement_that_only_looks_like_it_is_slow(tmp_path: Path, statement: bytes) -> None:
    told = found(tmp_path, asked(statement))

    assert "asked-to-wait" not in told
    assert told["slow-query"].facts["shape"] == ""


# -- a Redis that is busy for others ----------------------------------------------------------


def recorded(tmp_path: Path, says: list[Say]) -> list[dict[str, Finding]]:
    """What is said of each connection, by id: milliseconds, which connection, who speaks, what."""
    tape = Tape()
    seq = {}
    for which in sorted({which for _, which, _, _ in says}):
        tape.handshake(which * 20, f"10.0.0.1:{40_000 + which}", REDIS)
        seq[which] = {"C": 1001, "S": 9001}
    for ms, which, who, what in sorted(says, key=lambda one: one[0]):
        ends = {"C": f"10.0.0.1:{40_000 + which}", "S": REDIS}
        other = "S" if who == "C" else "C"
        mine = seq[which]
        tape.tcp(200 + ms, ends[who], ends[other], PSH | ACK, mine[who], mine[other], what)
        mine[who] += len(what)
        tape.tcp(200 + ms + 0.02, ends[other], ends[who], ACK, mine[other], mine[who])
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    with closing(open_file(path)) as session:
        return [{str(one.id): one for one in session.findings(stream)} for stream in range(session.streams.count)]


def quick(which: int) -> list[Say]:
    return [(which, which, "C", GET), (which + 10, which, "S", NOTHING)]


@pytest.mark.finding("slow-query")
def test_command_that_waits_for_anothers_names_it(tmp_path: Path) -> None:
    says = [*quick(0), *quick(1), (100.0, 0, "C", KEYS), (150.0, 1, "C", GET), (1_600.0, 0, "S", b"*0\r\n"),
            (1_601.0, 1, "S", NOTHING)]  # fmt: skip
    busy, waits = recorded(tmp_path, says)

    assert (busy["slow-query"].facts["shape"], busy["slow-query"].facts["statement"]) == ("", "KEYS *")
    finding = waits["slow-query"]
    assert (finding.facts["shape"], finding.facts["other_stream"], finding.facts["busy"]) == ("behind", 0, "KEYS *")
    assert (finding.confidence, finding.alternatives[0]) == (Confidence.LIKELY, "query-by-chance")
    assert all("KEYS *" in sentences(finding, language) for language in Language)


@pytest.mark.finding("slow-query", twin=True)
def test_command_that_is_answered_first_of_two_that_came_at_once_waits_for_none(tmp_path: Path) -> None:
    says = [*quick(0), *quick(1), (100.0, 0, "C", GET), (100.5, 1, "C", KEYS), (1_600.0, 1, "S", b"*0\r\n"),
            (1_601.0, 0, "S", NOTHING)]  # fmt: skip
    waits, busy = recorded(tmp_path, says)

    assert waits["slow-query"].facts["shape"] == "behind"
    assert busy["slow-query"].facts["shape"] == ""


@pytest.mark.finding("slow-query")
def test_answer_that_overtook_that_of_the_command_before_it_still_waited_for_that(tmp_path: Path) -> None:
    says = [*quick(0), *quick(1), (100.0, 0, "C", KEYS), (300.0, 1, "C", GET), (1_600.0, 1, "S", NOTHING),
            (1_660.0, 0, "S", b"*0\r\n")]  # fmt: skip
    busy, waits = recorded(tmp_path, says)

    assert waits["slow-query"].facts["shape"] == "behind"
    assert busy["slow-query"].facts["shape"] == ""


@pytest.mark.finding("slow-query", twin=True)
def test_command_beside_one_that_asked_to_wait_is_slow_itself(tmp_path: Path) -> None:
    says = [*quick(0), *quick(1), (100.0, 0, "C", POP), (150.0, 1, "C", KEYS), (1_600.0, 0, "S", b"*-1\r\n"),
            (1_601.0, 1, "S", b"*0\r\n")]  # fmt: skip
    _waits, slow = recorded(tmp_path, says)

    assert slow["slow-query"].facts["shape"] == ""


# -- what was held on its way ------------------------------------------------------------------


def stamped(ms: float, echo: int) -> bytes:
    return b"\1\1\x08\x0a" + struct.pack("!II", round(ms), echo)


def over_a_stall(tmp_path: Path, left_ms: float, came_ms: float) -> dict[str, Finding]:
    """A slow answer that left at one time and came at another, by a server whose clock ticks each millisecond."""
    tape = Tape()
    client = "10.0.0.1:40000"
    tape.tcp(0, client, REDIS, SYN, 1000, options=b"\2\4\5\xb4" + stamped(0, 0))
    tape.tcp(10, REDIS, client, SYN | ACK, 9000, 1001, options=b"\2\4\5\xb4" + stamped(1_005, 0))
    tape.tcp(10.1, client, REDIS, ACK, 1001, 9001, options=stamped(10, 1_005))
    asked, said = 1001, 9001
    for number in range(12):
        at = 20 + 40 * number
        tape.tcp(at, client, REDIS, PSH | ACK, asked, said, GET, options=stamped(at, 1_000))
        asked += len(GET)
        tape.tcp(at + 10, REDIS, client, PSH | ACK, said, asked, NOTHING, options=stamped(1_005 + at, 0))
        said += len(NOTHING)
    tape.tcp(520, client, REDIS, PSH | ACK, asked, said, KEYS, options=stamped(520, 1_000))
    asked += len(KEYS)
    tape.tcp(531, REDIS, client, ACK, said, asked, options=stamped(1_526, 520))
    tape.tcp(came_ms, REDIS, client, PSH | ACK, said, asked, b"*0\r\n", options=stamped(1_000 + left_ms, 520))
    said += 4
    tape.tcp(came_ms + 50, client, REDIS, FIN | ACK, asked, said, options=stamped(came_ms + 50, 1_000))
    tape.tcp(came_ms + 60, REDIS, client, FIN | ACK, said, asked + 1, options=stamped(came_ms + 1_055, 0))
    tape.tcp(came_ms + 60.1, client, REDIS, ACK, asked + 1, said + 1, options=stamped(came_ms + 60, 1_000))
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    with closing(open_file(path)) as session:
        return {str(one.id): one for one in session.findings(0)}


@pytest.mark.finding("slow-query")
def test_what_an_answer_was_held_on_its_way_is_no_time_of_the_servers(tmp_path: Path) -> None:
    finding = over_a_stall(tmp_path, 2_520, 3_525)["slow-query"]
    facts = finding.facts

    assert "849 ms" in sentences(finding, Language.EN)
    assert facts["shape"] == "held"
    assert facts["wait_s"] == pytest.approx(2.0, abs=0.2)
    assert facts["held_s"] == pytest.approx(1.0, abs=0.2)


@pytest.mark.finding("slow-query", twin=True)
def test_an_answer_that_left_late_was_not_held(tmp_path: Path) -> None:
    facts = over_a_stall(tmp_path, 3_520, 3_525)["slow-query"].facts

    assert facts["shape"] == ""
    assert facts["wait_s"] == pytest.approx(3.0, abs=0.05)


@pytest.mark.finding("slow-query", twin=True)
def test_an_answer_that_left_at_once_is_not_slow(tmp_path: Path) -> None:
    assert "slow-query" not in over_a_stall(tmp_path, 530, 3_525)
