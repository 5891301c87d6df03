"""The server's close and a request that met it: who closed first, what was unanswered, at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tls_bytes import CHANGE, client_hello, extension, record
from traces import write_trace

from tcptui.findings.annotate import needs_attention
from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tcptui.model.finding import Finding
    from tests.support.traced import Told

    Tell = Callable[[Sequence[str]], Told]

#: As seen at the client, 20 ms from the server: an answered request in a protocol, then what a test adds.
OPEN = ["0 C S 0 0", "20 S SA 0 1", "20.1 C A 1 1"]
GET, ANSWER = "text=GET_/_HTTP/1.1~~", "text=HTTP/1.1_204_No~~"
TALK = [*OPEN, f"21 C PA 1 1 {GET}", f"45 S PA 1 19 {ANSWER}", "45.1 C A 19 20"]
ALERT = "hex=1703030013" + "66" * 19
FAMILY = {
    "request-unanswered", "data-after-close", "rst-abortive-close", "rst-unread-data", "rst-dead-connection",
    "closed-while-idle",
}  # fmt: skip


def loud(told: Tell, lines: Sequence[str]) -> dict[str, Finding]:
    """The findings above a note about an end."""
    found = told(lines).findings
    return {name: one for name, one in found.items() if name in FAMILY and one.severity > Severity.NOTE}


@pytest.mark.finding("request-unanswered")
@pytest.mark.parametrize("request_", [GET, "hex=510000000d53454c454354203100", "text=*1~$4~PING~"])
def test_request_answered_by_a_bare_fin_is_a_warning(told: Tell, request_: str) -> None:
    lines = [*TALK, f"900 C PA 19 20 {request_}", "921 S A 20 60", "1500 S FA 20 60", "1500.1 C A 60 21"]
    size = {GET: 18, "text=*1~$4~PING~": 14}.get(request_, 14)
    lines = [line.replace(" 60", f" {19 + size}").replace("C A 60", f"C A {19 + size}") for line in lines]
    finding = loud(told, lines)["request-unanswered"]

    assert (finding.facts["shape"], finding.confidence) == ("closed", Confidence.CERTAIN)
    assert (finding.facts["request_bytes"], finding.facts["end_frame"]) == (size, 9)
    assert finding.facts["waited_s"] == pytest.approx(0.6, abs=0.001)


@pytest.mark.finding("request-unanswered", twin=True)
@pytest.mark.parametrize(
    "more",
    [
        [],
        [f"900 C PA 19 20 {GET}", f"1500 S PA 20 37 {ANSWER}"],
        ["900 C PA 19 20 text=QUIT~", "921 S A 20 25"],
        [f"900 C PA 19 20 {ALERT}", "921 S A 20 43"],
    ],
    ids=["idle", "answered", "quit", "alert"],
)
def test_close_with_nothing_pending_is_silent(told: Tell, more: list[str]) -> None:
    sent, said = (
        19 + sum(len_of(line) for line in more if " C " in line),
        20 + sum(len_of(line) for line in more if " S " in line),
    )
    assert not loud(told, [*TALK, *more, f"3000 S FA {said} {sent}", f"3000.1 C FA {sent} {said + 1}"])


def len_of(line: str) -> int:
    """Bytes of the payload of a line."""
    text = next((word for word in line.split() if word.startswith(("text=", "hex="))), "")
    kind, _, value = text.partition("=")
    return len(value) // 2 if kind == "hex" else len(value) + value.count("~")


@pytest.mark.finding("request-unanswered", twin=True)
def test_client_that_closes_first_did_not_wait(told: Tell) -> None:
    asked = f"900 C PA 19 20 {GET}"

    assert not loud(told, [*TALK, asked, "921 S A 20 37", "2000 C FA 37 20", "2020 S FA 20 38", "2020.1 C A 38 21"])
    assert not loud(told, [*TALK, asked, "921 S A 20 37", "2000 C RA 37 20"])


@pytest.mark.finding("request-unanswered", twin=True)
def test_answer_that_was_not_captured_is_no_silence(told: Tell) -> None:
    lines = [*TALK, f"900 C PA 19 20 {GET}", "1500 S FA 39 37", "1500.1 C A 37 40"]

    assert "request-unanswered" not in told(lines).findings


@pytest.mark.finding("request-unanswered", twin=True)
def test_stream_of_lines_that_nobody_answers_is_silent(told: Tell) -> None:
    lines = [f"{100 + 300 * n} C PA {1 + 40 * n} 1 40" for n in range(5)]

    assert not loud(told, [*OPEN, *lines, "5000 S FA 1 201", "5000.1 C FA 201 2", "5020 S A 2 202"])


@pytest.mark.finding("request-unanswered")
def test_message_of_a_dialogue_that_is_not_read_is_possible(told: Tell) -> None:
    turns = [
        line
        for n in range(2)
        for line in (
            f"{100 + 100 * n} C PA {1 + 40 * n} {1 + 9 * n} 40",
            f"{130 + 100 * n} S PA {1 + 9 * n} {41 + 40 * n} 9",
        )
    ]
    end = ["500 C PA 81 19 40", "521 S A 19 121", "4000 S FA 19 121", "4000.1 C A 121 20"]
    finding = loud(told, [*OPEN, *turns, *end])["request-unanswered"]

    assert (finding.confidence, finding.alternatives[0]) == (Confidence.POSSIBLE, "needs-no-answer")
    at_once = ["500 C PA 81 19 40", "521 S FA 19 121", "521.1 C A 121 20"]
    assert told([*OPEN, *turns, *at_once]).findings["request-unanswered"].severity is Severity.NOTE


HELLO, FLIGHT = "hex=1603010020" + "01" * 32, "hex=160303002002" + "22" * 31 + "1703030040" + "33" * 64
FINISHED, ASKED = "hex=14030300010117030300354444" + "44" * 51, "hex=1703030050" + "55" * 80
TLS = [*OPEN, f"21 C PA 1 1 {HELLO}", f"45 S PA 1 38 {FLIGHT}", f"46 C PA 38 107 {FINISHED}"]


@pytest.mark.finding("request-unanswered")
def test_close_notify_is_no_answer_to_what_tls_hides(told: Tell) -> None:
    lines = [*TLS, f"50 C PA 102 107 {ASKED}", "71 S A 107 187", f"60000 S PA 107 187 {ALERT}", "60000 S FA 131 187"]
    finding = loud(told, [*lines, "60000.1 C FA 187 132"])["request-unanswered"]

    assert (finding.facts["shape"], finding.confidence) == ("closed", Confidence.LIKELY)
    assert finding.facts["idle_s"] == pytest.approx(59.95, abs=0.01)


@pytest.mark.finding("data-after-close")
@pytest.mark.parametrize("hole", [False, True])
def test_server_that_closes_amid_an_upload_was_not_idle(told: Tell, hole: bool) -> None:
    """Bytes of it were on their way as it closed, and perhaps some before them missing for seconds."""
    sent = [f"{100 + 20 * n} C A {1 + 1000 * (n - 1)} 1 1000" for n in range(1, 60)]
    missing = "S A 1 1001 sack=2001:{}" if hole else "S A 1 {}"
    heard = [f"{120 + 20 * n} " + missing.format(1 + 1000 * n) for n in range(3, 58)]
    lines = sorted([*sent, *heard], key=lambda line: float(line.split()[0]))
    close = [
        "1285 S FA 1 " + ("1001 sack=2001:57001" if hole else "57001"),
        "1286 C A 59001 1 1000",
        "1305 S R 2 0 win=0",
    ]
    finding = told([*OPEN, *lines, *close]).findings["data-after-close"]

    assert finding.facts["shape"] == "server-closed"
    assert finding.facts["idle_s"] == pytest.approx(0.045, abs=0.001)


@pytest.mark.finding("request-unanswered", twin=True)
@pytest.mark.parametrize(("records", "closes_ms", "is_told"), [(1, 60, True), (1, 4700, False), (2, 60, False)])
def test_two_bytes_that_tls_hides_are_an_answer_unless_they_end_their_sender(
    told: Tell, records: int, closes_ms: int, is_told: bool
) -> None:
    """A pong of WebSocket, or an "OK", has the length of close_notify."""
    answers = [f"{72 + n} S PA {107 + 24 * n} 187 {ALERT}" for n in range(records)]
    said = 107 + 24 * records
    close = [f"{80 + closes_ms} S FA {said} 187", f"{81 + closes_ms} C FA 187 {said + 1}"]
    found = loud(told, [*TLS, f"50 C PA 102 107 {ASKED}", *answers, *close])

    assert ("request-unanswered" in found) is is_told


@pytest.mark.finding("request-unanswered", twin=True)
def test_end_of_a_handshake_is_no_request(told: Tell) -> None:
    lines = [*TLS, "67 S A 107 102", f"60000 S PA 107 102 {ALERT}", "60000 S FA 131 102", "60000.1 C FA 102 132"]

    assert "request-unanswered" not in told(lines).findings


#: Farewells of TLS: encrypted with a MAC and padding, in TLS 1.3, with its short tag, behind the rest of a record.
FAREWELLS = ["hex=1503030050" + "66" * 80, "hex=150303001a" + "66" * 26, ALERT, "hex=170303000b" + "66" * 11,
             "hex=" + "77" * 300 + "1703030013" + "66" * 19]  # fmt: skip


@pytest.mark.finding("rst-abortive-close", twin=True)
@pytest.mark.parametrize("client_fin", [True, False])
@pytest.mark.parametrize("farewell", FAREWELLS, ids=["mac", "1.2", "1.3", "short-tag", "behind-data"])
def test_server_that_resets_behind_a_farewell_left_no_request(told: Tell, farewell: str, client_fin: bool) -> None:
    size = len_of(f"0 C PA 0 0 {farewell}")
    lines = [*TLS, f"50 C PA 102 107 {ASKED}", "71 S PA 107 187 500", f"72 C PA 187 607 {farewell}"]
    fin = [f"72.1 C FA {187 + size} 607"] if client_fin else []

    assert not loud(told, [*lines, *fin, f"95 S RA 607 {187 + size + client_fin}"])


@pytest.mark.finding("rst-unread-data")
def test_server_that_resets_behind_what_tls_hides_left_a_request(told: Tell) -> None:
    lines = [*TLS, f"50 C PA 102 107 {ASKED}", "71 S PA 107 187 500", f"72 C PA 187 607 {ASKED}", "95 S A 607 272"]

    assert loud(told, [*lines, "200 S RA 607 272"])["rst-unread-data"].facts["shape"] == "unanswered"


#: What a client may have under way when it has enough: its Finished, frames of HTTP/2 without content.
UNASKING = [
    FINISHED,
    "hex=" + ("170303001e" + "55" * 30) * 3,
    "hex=" + "1703030020" + "55" * 32 + "1703030022" + "55" * 34,
]


@pytest.mark.finding("rst-abortive-close", twin=True)
@pytest.mark.parametrize("said", UNASKING, ids=["finished", "windows", "ping"])
def test_client_that_aborts_while_it_asks_nothing_lost_nothing(told: Tell, said: str) -> None:
    opened = TLS if said != FINISHED else TLS[:-1]
    at, seen = (102, 107) if said != FINISHED else (38, 107)
    lines = [*opened, f"49 C PA {at} {seen} {said}", f"49.3 C RA {at + len_of(f'0 C PA 0 0 {said}')} {seen}"]

    assert not loud(told, lines)


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize("said", [ASKED, "hex=" + "170303001e" + "55" * 30 + ASKED[4:]])
def test_client_that_aborts_with_what_may_be_a_request_under_way_is_told(told: Tell, said: str) -> None:
    lines = [*TLS, f"49 C PA 102 107 {said}", f"49.3 C RA {102 + len_of(f'0 C PA 0 0 {said}')} 107"]

    assert loud(told, lines)["rst-abortive-close"].facts["shape"] == "own-lost"


def early(*behind: str) -> list[str]:
    """Early data that were answered at once; the server closes, the client ends its handshake, and a RST answers."""
    hello = record(22, client_hello(extension(42, b"")))
    first = (hello + CHANGE + record(23, bytes(120))).hex()
    size = len(first) // 2
    said, rest = size + 1, "".join(behind)
    flight = f"45 S PA 1 {said} {FLIGHT} "
    return [*OPEN, f"21 C PA 1 1 hex={first}", flight, f"45.2 S PA 107 {said} hex={record(23, bytes(400)).hex()}",
            f"45.3 S FA 512 {said}", f"46 C PA {said} 513 hex={rest}", "66 S R 513 0 win=0"]  # fmt: skip


@pytest.mark.finding("data-after-close", twin=True)
def test_end_of_early_data_behind_the_servers_close_is_no_lost_request(told: Tell) -> None:
    assert not loud(told, early(record(23, bytes(21)).hex(), record(23, bytes(69)).hex()))


@pytest.mark.finding("data-after-close")
def test_request_behind_the_end_of_early_data_is_lost(told: Tell) -> None:
    finding = loud(told, early(*(record(23, bytes(size)).hex() for size in (21, 69, 200))))["data-after-close"]

    assert finding.facts["shape"] in {"server-closed", "late"}


def crossing(request_: str, client_fin: bool = True) -> list[str]:
    """A request that leaves 5 ms before the server's FIN arrives, after five seconds of silence; at the client."""
    size = len_of(f"0 C PA 0 0 {request_}")
    own = [f"5045.2 C FA {19 + size} 21"] if client_fin else [f"5045.2 C A {19 + size} 21"]
    return [*TALK, f"5040 C PA 19 20 {request_}", "5045 S FA 20 19", *own, "5060.1 S R 20 0 win=0"]


@pytest.mark.finding("data-after-close")
@pytest.mark.parametrize("client_fin", [True, False])
@pytest.mark.parametrize("request_", [GET, "text=POST_/a_HTTP/1.1~X:_" + "a" * 200 + "~~", ASKED, "text=*1~$4~PING~"])
def test_request_that_crosses_the_servers_idle_fin_is_lost_at_the_client_too(
    told: Tell,
    request_: str,
    client_fin: bool,
) -> None:
    finding = loud(told, crossing(request_, client_fin))["data-after-close"]

    assert (finding.facts["shape"], finding.facts["lost_bytes"]) == ("crossed", len_of(f"0 C PA 0 0 {request_}"))
    assert finding.facts["idle_s"] == pytest.approx(5.0, abs=0.01)


@pytest.mark.finding("data-after-close", twin=True)
@pytest.mark.parametrize("farewell", ["text=QUIT~", ALERT, "hex=5800000004", "hex=0100000001"])
def test_farewell_that_crosses_the_servers_fin_is_a_note(told: Tell, farewell: str) -> None:
    assert not loud(told, crossing(farewell))


@pytest.mark.finding("data-after-close")
@pytest.mark.parametrize("request_", [GET, ASKED])
def test_client_that_finds_the_end_when_it_reads_had_waited(told: Tell, request_: str) -> None:
    size = len_of(f"0 C PA 0 0 {request_}")
    lines = ["5045 S FA 20 19", "5045.1 C A 19 21", f"5900 C PA 19 21 {request_}", f"5900.2 C FA {19 + size} 21"]
    finding = loud(told, [*TALK, *lines, "5920 S R 21 0 win=0"])["data-after-close"]

    assert finding.facts["shape"] == "late"


@pytest.mark.finding("request-unanswered")
def test_request_behind_the_fin_is_told_without_a_reset(told: Tell) -> None:
    late = ["5045 S FA 20 19", "5045.1 C A 19 21", f"5900 C PA 19 21 {GET}"]

    assert loud(told, [*TALK, *late])["request-unanswered"].facts["shape"] == "late"
    assert loud(told, crossing(GET)[:-1])["request-unanswered"].facts["shape"] == "crossed"


STARTUP, AUTH = (
    "hex=0000001f000300007573657200617070006461746162617365006170700000",
    "hex=5200000008000000005a0000000549",
)
SELECT, ROW = "hex=510000000d53454c454354203100", "44" + "0000000b" + "000100000001" + "31"
COLUMNS = "54" + "00000021" + "0001" + "3f636f6c756d6e3f00" + "00" * 18
DONE = "43" + "0000000d" + "53454c454354203100" + "5a" + "00000005" + "49"


def database_findings(tmp_path: Path, answer: str, end: str) -> dict[str, Finding]:
    """What is found where PostgreSQL sends ``answer``, and half a minute later ends the connection by ``end``."""
    said = 16 + len(answer) // 2
    lines = [
        *OPEN, f"21 C PA 1 1 {STARTUP}", f"45 S PA 1 32 {AUTH}", f"50 C PA 32 16 {SELECT}",
        f"75 S PA 16 46 hex={answer}", f"75.1 C A 46 {said}", f"30000 S {end} {said} 46",
    ]  # fmt: skip
    session = open_file(write_trace(tmp_path / "trace.pcap", [f"{line} sport=5432" for line in lines]))
    return {finding.id.value: finding for finding in session.findings(0)}


@pytest.mark.finding("request-unanswered")
@pytest.mark.parametrize(("end", "ending"), [("FA", "FIN"), ("RA", "RST")])
def test_answer_that_is_torn_off_is_another_shape_than_none(tmp_path: Path, end: str, ending: str) -> None:
    found = database_findings(tmp_path, COLUMNS + ROW, end)
    finding = found["request-unanswered"]

    assert (finding.facts["shape"], finding.facts["ending"], finding.severity) == ("torn", ending, Severity.WARNING)
    assert finding.facts["answer_bytes"] == len(COLUMNS + ROW) // 2
    assert "closed-while-idle" not in found


@pytest.mark.finding("request-unanswered", twin=True)
@pytest.mark.finding("closed-while-idle")
def test_whole_answer_before_the_end_is_not_torn(tmp_path: Path) -> None:
    found = database_findings(tmp_path, COLUMNS + ROW + DONE, "FA")

    assert "request-unanswered" not in found
    assert found["closed-while-idle"].severity is Severity.NOTE


@pytest.mark.finding("request-unanswered")
def test_report_finds_it_before_anybody_opens_the_connection(tmp_path: Path) -> None:
    asked = [f"900 C PA 19 20 {GET}", "921 S A 20 37", "1500 S FA 20 37", "1500.1 C FA 37 21", "1520 S A 21 38"]
    idle = ["1500 S FA 20 19", "1500.1 C FA 19 21", "1520 S A 21 20"]
    needed = [
        needs_attention(open_file(write_trace(tmp_path / "trace.pcap", [*TALK, *lines])).streams).tolist()
        for lines in (asked, idle)
    ]

    assert needed == [[True], [False]]


@pytest.mark.finding("rst-abortive-close")
@pytest.mark.parametrize(("request_", "shape"), [(GET, "peer-lost"), ("text=QUIT~", "farewell")])
def test_small_request_that_an_abort_throws_away_is_no_farewell(told: Tell, request_: str, shape: str) -> None:
    lines = [*TALK, f"900 C PA 19 20 {request_}", "905 S RA 20 19"]

    assert told(lines).findings["rst-abortive-close"].facts["shape"] == shape


@pytest.mark.finding("rst-dead-connection")
def test_silence_of_a_server_that_was_asked_is_not_idle(told: Tell) -> None:
    lines = [*OPEN, "30 C PA 1 1 200", "51 S A 1 201", "19300 C FA 201 1", "19320 S R 1 0 win=0"]
    finding = told(lines).findings["rst-dead-connection"]

    assert (finding.facts["shape"], finding.facts["request_frame"]) == ("pending", 4)
    assert finding.confidence is not Confidence.CERTAIN


@pytest.mark.finding("rst-dead-connection")
def test_connection_that_its_server_never_saw_opened_was_not_idle(told: Tell) -> None:
    lines = ["0 C S 0 0", "0.1 S SA 0 1", "11600 C FA 1 1", "11600.2 S R 1 0 win=0"]
    finding = told(lines).findings["rst-dead-connection"]

    assert (finding.facts["shape"], finding.severity) == ("never-opened", Severity.NOTE)
    assert finding.confidence is not Confidence.CERTAIN


@pytest.mark.finding("rst-dead-connection")
def test_transfer_that_is_stuck_is_not_idle(told: Tell) -> None:
    lines = [*TALK, "100 C PA 19 20 1000", "20100 C PA 19 20 1000", "20120 S R 20 0 win=0"]

    assert told(lines).findings["rst-dead-connection"].facts["shape"] == "stalled"
