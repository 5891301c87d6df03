"""Times that no rule spoke of: late greetings, late first requests, and most of a connection's time in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from traced import Told

from tcptui.analysis.timing.budget_parts import Part
from tcptui.model.finding import Confidence, Severity

Tell = Callable[[Sequence[str]], Told]

OPEN = ["0 C S 0 0", "20 S SA 0 1", "20.1 C A 1 1"]
GREETINGS = {
    "ssh": "text=SSH-2.0-OpenSSH_9.2~", "smtp": "text=220_mail_ready~", "pop": "text=+OK_ready~",
    "imap": "text=*_OK_ready~", "mysql": "hex=4a0000000a382e302e3336004d",
    "mysql host blocked": "hex=45000000ff6a04486f7374",
}  # fmt: skip


def closing(ms: float, client: int, server: int) -> list[str]:
    return [
        f"{ms} C FA {client} {server}", f"{ms + 20} S FA {server} {client + 1}",
        f"{ms + 20.1} C A {client + 1} {server + 1}",
    ]  # fmt: skip


# -- the server's first words -------------------------------------------------------------


@pytest.mark.finding("server-think-time")
@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS)
def test_a_late_greeting_is_a_warning(told: Tell, greeting: str) -> None:
    trace = told([*OPEN, f"10020.1 S PA 1 1 {greeting}", "10020.2 C A 1 12", "10021 C PA 1 12 20"])

    finding = trace.findings["server-think-time"]
    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "greeting", Severity.WARNING, Confidence.LIKELY,
    )  # fmt: skip
    assert finding.facts["wait_s"] == pytest.approx(9.98, abs=0.01)


@pytest.mark.finding("server-think-time")
def test_a_client_that_speaks_beside_the_greeting_changes_nothing(told: Tell) -> None:
    """Both ends of SSH say their version at once."""
    spoken = ["21 C PA 1 1 text=SSH-2.0-client~", "41 S A 1 17", "30021 S PA 1 17 text=SSH-2.0-OpenSSH_9.2~"]
    trace = told([*OPEN, *spoken, "30021.1 C A 17 23", "30022 C PA 17 23 1000"])

    assert trace.findings["server-think-time"].facts["shape"] == "greeting"


@pytest.mark.finding("server-think-time", twin=True)
def test_a_prompt_greeting_is_none(told: Tell) -> None:
    trace = told([*OPEN, "45 S PA 1 1 text=220_mail_ready~", "45.1 C A 1 17", "46 C PA 1 17 20", "66 S PA 17 21 20"])

    assert "server-think-time" not in trace.findings


@pytest.mark.finding("most-of-the-time")
@pytest.mark.finding("server-think-time", twin=True)
def test_late_first_bytes_that_are_no_greeting_are_not_called_late(told: Tell) -> None:
    found = told([*OPEN, "10020.1 S PA 1 1 40", "10020.2 C A 1 41", "10021 C PA 1 41 20"]).findings

    assert "server-think-time" not in found
    assert found["most-of-the-time"].facts["shape"] == "server_think"


@pytest.mark.finding("server-think-time", twin=True)
def test_a_greeting_whose_first_copies_were_lost_is_no_late_one(told: Tell) -> None:
    """At the client only its last copy passes: IP numbers leave room for those before it."""
    numbered = ["0 C S 0 0 id=1", "20 S SA 0 1 id=1", "20.1 C A 1 1 id=2", "1221 S PA 1 1 text=220_mail_ready~ id=5",
                "1221.1 C A 1 17 id=3", "1222 C PA 1 17 20 id=4", "1242 S PA 17 21 20 id=6",
                "1243 C PA 21 37 20 id=5", "1263 S PA 37 41 20 id=7"]  # fmt: skip
    assert "server-think-time" not in told(numbered).findings


@pytest.mark.finding("client-think-time")
def test_a_client_that_asks_late_is_a_note(told: Tell) -> None:
    trace = told([*OPEN, "5020 C PA 1 1 50", "5041 S PA 1 51 50", "5041.1 C A 51 51"])

    finding = trace.findings["client-think-time"]
    assert (finding.facts["shape"], finding.severity) == ("first", Severity.NOTE)
    assert finding.facts["wait_s"] == pytest.approx(5.0, abs=0.001)


# -- a window that is read without its scale -------------------------------------------------


def upload(window: int, times: int, offered: int = 65_160, scale: str = "scale=7") -> list[str]:
    """An upload that fills a window of ``window`` bytes each round trip of 50 ms."""
    lines = [f"0 C S 0 0 {scale}", f"50 S SA 0 1 win={offered}", "50.1 C A 1 1", "50.2 C PA 1 1 1000"]
    lines.append(f"100.2 S A 1 1001 win={window}")
    for i in range(times):
        begin = 100.3 + 50 * i
        seq = 1001 + window * i
        lines += [f"{begin} C PA {seq} 1 {window}", f"{begin + 50} S A 1 {seq + window} win={window}"]
    return lines


@pytest.mark.finding("receive-window-limited")
def test_a_scale_that_was_removed_is_named(told: Tell) -> None:
    finding = told(upload(509, 40)).findings["receive-window-limited"]

    assert (finding.facts["shape"], finding.severity, finding.confidence) == (
        "stripped", Severity.WARNING, Confidence.LIKELY,
    )  # fmt: skip
    assert finding.facts["syn_ack_bytes"] == 65_160


@pytest.mark.finding("receive-window-limited", twin=True)
@pytest.mark.parametrize(
    ("offered", "scale"), [(600, "scale=7"), (65_160, "")], ids=["small from the first", "no scale was offered"]
)
def test_a_window_that_is_small_for_other_reasons_is_not_stripped(told: Tell, offered: int, scale: str) -> None:
    finding = told(upload(509, 40, offered, scale)).findings.get("receive-window-limited")

    assert finding is None or finding.facts["shape"] != "stripped"


# -- most of the time -------------------------------------------------------------------------


@pytest.mark.finding("most-of-the-time")
def test_a_long_way_is_named_where_nothing_else_is(told: Tell) -> None:
    """A slow wire: the SYN-ACK takes 0.9 s."""
    slow = ["0 C S 0 0", "900 S SA 0 1", "900.1 C A 1 1", "901 C PA 1 1 50", "1803 S PA 1 51 50", "1803.1 C A 51 51"]
    finding = told([*slow, *closing(1804, 51, 51)]).findings["most-of-the-time"]

    assert (finding.facts["shape"], finding.severity) == ("network", Severity.NOTE)


@pytest.mark.finding("most-of-the-time")
def test_pauses_amid_a_message_are_the_senders(told: Tell) -> None:
    trace = told([*OPEN, "21 C A 1 1 1000", "41 S A 1 1001", "2021 C PA 1001 1 500", "2041 S PA 1 1501 50",
                  "2041.1 C A 1501 51"])  # fmt: skip

    assert trace.findings["most-of-the-time"].facts["shape"] == "sender"


@pytest.mark.finding("most-of-the-time", twin=True)
def test_what_another_finding_tells_is_not_told_twice(told: Tell) -> None:
    asked = ["21 C PA 1 1 text=GET_/a_HTTP/1.1~Host:_a~~", "42 S A 1 29", "5042 S PA 1 29 300", "5042.1 C A 29 301"]
    found = told([*OPEN, *asked]).findings

    assert "server-think-time" in found
    assert "most-of-the-time" not in found


@pytest.mark.finding("most-of-the-time", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            [*OPEN, "21 C PA 1 1 50", "42 S PA 1 51 50", "42.1 C A 51 51", *closing(60_000, 51, 51)], id="idle"
        ),
        pytest.param([*OPEN, "21 C PA 1 1 50", "42 S PA 1 51 50", "42.1 C A 51 51"], id="quick"),
        pytest.param([*OPEN, "21 C PA 1 1 50", "42 S PA 1 51 50", "500 C RA 51 51", "3000 S PA 51 51 9"], id="reset"),
    ],
)
def test_healthy_connections_have_nothing_of_the_kind(told: Tell, lines: list[str]) -> None:
    assert "most-of-the-time" not in told(lines).findings


# -- seconds lost -------------------------------------------------------------------------------


@pytest.mark.finding("third-ack-lost")
@pytest.mark.parametrize(
    ("late", "lost_s"),
    [
        pytest.param(["5540 C FA 1 1", "5544 S A 1 2"], 0.0, id="the client's own FIN"),
        pytest.param(["1020 C A 1 1", "1020.2 S PA 1 1 40"], 1.0199, id="the server waited to speak"),
    ],
)
def test_a_lost_third_packet_costs_what_it_held_up(told: Tell, late: list[str], lost_s: float) -> None:
    stamped = ["0 C S 0 0 ts=10,0", "0.1 S SA 0 1 ts=500,10", "1000 S SA 0 1 ts=1500,10"]
    answer = [f"{late[0]} ts=5585,500", f"{late[1]} ts=6044,5585"]
    finding = told([*stamped, *answer]).findings["third-ack-lost"]

    assert finding.facts["lost_s"] == pytest.approx(lost_s)


# -- what is nobody's, and what a lost tail takes ------------------------------------------


@pytest.mark.finding("most-of-the-time")
def test_a_fin_instead_of_the_third_packet_measures_no_round_trip(told: Tell) -> None:
    """The bare ACK was lost, or never sent: what passed until the program closed is not the way's."""
    trace = told(["0 C S 0 0", "0.1 S SA 0 1", "11559 C FA 1 1", "11559.2 S R 1 0"])

    assert (trace.budget[Part.NETWORK], trace.budget[Part.UNATTRIBUTED]) == (
        pytest.approx(300_000, abs=200_000), pytest.approx(11.559e9, rel=0.001),
    )  # fmt: skip
    assert trace.findings["most-of-the-time"].facts["shape"] == "unattributed"


@pytest.mark.finding("most-of-the-time", twin=True)
def test_a_fin_right_behind_the_handshake_is_the_ways(told: Tell) -> None:
    trace = told(["0 C S 0 0", "0.1 S SA 0 1", "300 C FA 1 1", "300.1 S FA 1 2", "600 C A 2 2"])

    assert trace.budget[Part.UNATTRIBUTED] == 0
    assert "most-of-the-time" not in trace.findings


def one_upload(late_ms: float, lost: int) -> list[str]:
    """Ten segments at the server, the last one ``late_ms`` after the others, ``lost`` packets behind them by number."""
    lines = ["0 C S 0 0 id=1", "0.1 S SA 0 1", "20 C A 1 1 id=2"]
    for number in range(9):
        lines += [f"{21 + number / 100} C A {1 + 1448 * number} 1 1448 id={3 + number}"]
        lines += [f"{21 + number / 100 + 0.005} S A 1 {1 + 1448 * (number + 1)} id={100 + number}"]
    now = 21.1 + late_ms
    lines += [f"{now} C PA {1 + 1448 * 9} 1 1448 id={12 + lost}", f"{now + 0.1} S A 1 {1 + 1448 * 10} id=110"]
    now += 20
    return [
        *lines, f"{now} C FA {1 + 14480} 1 id={13 + lost}", f"{now + 0.1} S FA 1 {2 + 14480} id=111",
        f"{now + 20} C A {2 + 14480} 2 id={14 + lost}",
    ]  # fmt: skip


@pytest.mark.finding("most-of-the-time")
def test_a_tail_that_was_lost_before_the_capture_is_recovery_and_is_told(told: Tell) -> None:
    finding = told(one_upload(264, 1)).findings["most-of-the-time"]

    assert (finding.facts["shape"], finding.severity) == ("recovery", Severity.NOTE)
    assert finding.facts["spent_s"] == pytest.approx(0.264, abs=0.005)


@pytest.mark.finding("most-of-the-time", twin=True)
@pytest.mark.parametrize(("late_ms", "lost"), [(264, 0), (60, 1)], ids=["nothing missing", "soon"])
def test_a_tail_that_merely_comes_later_is_none(told: Tell, late_ms: float, lost: int) -> None:
    assert "most-of-the-time" not in told(one_upload(late_ms, lost)).findings
