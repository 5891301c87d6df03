"""The time budget where the ends take no turns, and a window of HTTP/2 was used up: whoever asks gets one answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from captures import ACK, FIN, PSH, Tape
from http2_ends import PREFACE, frame
from sealed_records import SECRETS, sealed_turns
from web_captures import CLIENT, SERVER

from tcptui.access.open_capture import view_of
from tcptui.access.requests import requests_of
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.capture.file_source import open_file
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.summary import Summary
from tcptui.model.request import RequestPart
from tcptui.session.session import Session
from tcptui.ui.explain_document import bar_passage
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from web_captures import Turn

FULL: Final = 65_535
_WINDOW: Final = b"\0\1\0\0"
#: Until then both ends send at once, so that they take no turns.
_CROSSING_MS: Final = 20
_ROUND_TRIP_MS: Final = 40


def _data(size: int) -> bytes:
    whole, rest = divmod(size, 16_384)
    return frame(0, 0, 1, bytes(16_384)) * whole + (frame(0, 0, 1, bytes(rest)) if rest else b"")


def _turns(size: int, opened_ms: float, went_on_ms: float) -> list[Turn]:
    """The server sends so many bytes at 30 ms, the client opens its windows, the server goes on."""
    begun: list[Turn] = [
        (0, "C", PREFACE + frame(4, 0, 0) + frame(1, 5, 1, b"\x82\x84\x86")),
        (1, "S", frame(4, 0, 0) + frame(1, 4, 1, b"\x88")),
    ]
    pings: list[Turn] = [(5 + n, "CS"[n % 2], frame(6, 0, 0, bytes(8))) for n in range(10)]
    opens = frame(8, 0, 0, _WINDOW) + frame(8, 0, 1, _WINDOW)
    return [*begun, *pings, (30, "S", _data(size)), (opened_ms, "C", opens), (went_on_ms, "S", _data(16_384))]


def _record(
    tmp_path: Path, turns: list[Turn], closed_ms: float = 0, kept: int | None = None, missing: int | None = None
) -> Path:
    """``closed_ms``: when the client closes; the server does so a second later.

    ``kept``: bytes of each packet; ``missing``: a packet that was not captured, counted from the end if below 0.
    """
    tape = Tape()
    tape.handshake(0, CLIENT, SERVER)
    seq, known = {"C": 1001, "S": 9001}, {"C": 1001, "S": 9001}
    for ms, who, what in turns:
        assert isinstance(what, bytes)
        one, two, other = (CLIENT, SERVER, "S") if who == "C" else (SERVER, CLIENT, "C")
        if ms > _CROSSING_MS:
            known = dict(seq)
        for place, at in enumerate(range(0, len(what), 1_400)):
            part = what[at : at + 1_400]
            tape.tcp(100 + ms + place * 0.1, one, two, PSH | ACK, seq[who], known[other], part)
            seq[who] += len(part)
            if ms > _CROSSING_MS:
                tape.tcp(100 + ms + place * 0.1 + 0.05, two, one, ACK, seq[other], seq[who])
    if closed_ms:
        tape.tcp(100 + closed_ms, CLIENT, SERVER, FIN | ACK, seq["C"], seq["S"])
        tape.tcp(1_100 + closed_ms, SERVER, CLIENT, FIN | ACK, seq["S"], seq["C"] + 1)
    if missing is not None:
        del tape.records[missing]
    path = tmp_path / "held.pcap"
    path.write_bytes(tape.pcap(cut=kept))
    return path


def _keys(tmp_path: Path) -> str:
    path = tmp_path / "keys.log"
    path.write_text("".join(f"{label} {bytes(32).hex()} {secret.hex()}\n" for label, secret in SECRETS.items()))
    return str(path)


def _milliseconds(session: Session) -> dict[str, int]:
    """The parts of the one connection, once the report has said the same."""
    budget = time_budget(view_of(session, 0))
    told = json.loads(b"".join(json_report(Summary(session), None, Telling(Words(Language.EN)))))
    seconds = told["streams"][0]["time_budget"]
    assert {part: round(value * 1e9) for part, value in seconds.items()} == {part.label: budget[part] for part in Part}
    assert not budget.in_turns
    return {part.label: round(budget[part] / 1e6) for part in Part}


@pytest.mark.parametrize("inside", [False, True], ids=["plain", "tls"])
def test_wait_for_a_window_of_http2_is_the_receivers_and_not_idle(tmp_path: Path, inside: bool) -> None:
    turns = _turns(FULL, 1_530, 1_531 + _ROUND_TRIP_MS)
    session = Session(
        [open_file(_record(tmp_path, sealed_turns(turns) if inside else turns))],
        keylog=_keys(tmp_path) if inside else None,
    )
    session.run_here()
    parts = _milliseconds(session)
    session.close()

    assert 1_400 <= parts["flow_control"] <= 1_541
    assert parts["idle"] < 60


@pytest.mark.parametrize(
    ("size", "damage", "part"),
    [
        (FULL, {}, RequestPart.CLIENT),
        (FULL - 1, {}, RequestPart.SERVER),
        (FULL, {"kept": 120}, RequestPart.IDLE),
        (FULL, {"missing": 41}, RequestPart.IDLE),
        (FULL - 1, {"missing": 41}, RequestPart.IDLE),
        (FULL, {"missing": -3}, RequestPart.CLIENT),
    ],
    ids=["used up", "one byte of room", "cut", "lacks data", "lacks data, room", "lacks what came later"],
)
def test_pause_of_an_answer_is_nobodys_where_windows_are_not_known(
    tmp_path: Path, size: int, damage: dict[str, int], part: RequestPart
) -> None:
    session = Session([open_file(_record(tmp_path, _turns(size, 1_530, 1_571), **damage))])  # type: ignore[arg-type]
    session.run_here()
    (request,) = requests_of(session, 0)
    session.close()

    most = max(RequestPart, key=request.spent_ns)
    assert (most, request.spent_ns(most) > 1_400_000_000) == (part, True)


@pytest.mark.parametrize(("size", "is_held"), [(FULL, True), (FULL - 1, False)], ids=["used up", "one byte of room"])
@pytest.mark.parametrize("crossing", [True, False], ids=["crossing", "in turns"])
def test_window_that_is_never_opened_again_is_waited_for_until_somebody_closes(
    tmp_path: Path, size: int, is_held: bool, crossing: bool
) -> None:
    turns = [turn for turn in _turns(size, 4_000, 5_000)[:-2] if crossing or turn[0] < 2 or turn[0] > _CROSSING_MS]
    path = _record(tmp_path, turns, closed_ms=4_000)
    session = Session([open_file(path)])
    session.run_here()
    budget = time_budget(view_of(session, 0))
    session.close()
    seconds = {part: round(budget[part] / 1e9) for part in (Part.FLOW_CONTROL, Part.IDLE)}

    assert budget.in_turns == (not crossing)
    assert seconds == {Part.FLOW_CONTROL: 4 if is_held else 0, Part.IDLE: 1 if is_held else 5}


@pytest.mark.parametrize(
    ("size", "opened_ms", "went_on_ms"),
    [(FULL - 1, 1_530, 1_571), (FULL, 60, 1_571)],
    ids=["one byte of room", "long open"],
)
def test_pause_with_room_in_the_window_stays_idle(
    tmp_path: Path, size: int, opened_ms: float, went_on_ms: float
) -> None:
    session = Session([open_file(_record(tmp_path, _turns(size, opened_ms, went_on_ms)))])
    session.run_here()
    parts = _milliseconds(session)
    session.close()

    assert parts["flow_control"] == 0
    assert parts["idle"] + parts["sender"] + parts["unattributed"] > 1_300


def test_without_keys_nothing_is_told_of_windows(tmp_path: Path) -> None:
    session = Session([open_file(_record(tmp_path, sealed_turns(_turns(FULL, 1_530, 1_571))))])
    session.run_here()
    parts = _milliseconds(session)
    session.close()

    assert parts["flow_control"] == 0


def test_secrets_that_come_later_tell_what_the_silence_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.protocols.keylog._LOOK_EVERY", 0)
    log = tmp_path / "later.log"
    log.touch()
    turns = _turns(FULL, 1_530, 1_531 + _ROUND_TRIP_MS)
    session = Session([open_file(_record(tmp_path, sealed_turns(turns)))], keylog=str(log))
    session.run_here()
    words = Words(Language.EN)

    def told() -> tuple[set[str], set[Part]]:
        """The findings about HTTP/2, and the parts of the bar that the explanation has."""
        shown = bar_passage(session, 0, words)
        findings = {str(one.id) for one in session.findings(0) if one.id.startswith("http2")}
        return findings, {share.part for share in shown[0].bar if share.part is Part.FLOW_CONTROL}

    before = session.revision, told()
    log.write_bytes(Path(_keys(tmp_path)).read_bytes())
    after = session.revision, told()
    session.close()

    assert before[1] == (set(), set())
    assert after[1] == ({"http2-flow-control"}, {Part.FLOW_CONTROL})
    assert after[0] != before[0]  # so that the screens look again
