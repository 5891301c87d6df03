"""A wait that a client asked for is nobody's time in every view: bar, turns, report, requests, alike streams."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from captures import ACK, FIN, PSH, Tape
from web_captures import SERVER

from tcptui.access.open_capture import view_of
from tcptui.access.requests import requests_of
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.summary import Summary
from tcptui.model.request import RequestPart
from tcptui.session.session import open_file
from tcptui.words.budget_text import slowest_turns
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

#: That of the handshake.
_RTT_MS = 40
_GET, _POP = b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", b"*3\r\n$5\r\nblpop\r\n$4\r\njobs\r\n$1\r\n9\r\n"
_READ = b"*4\r\n$5\r\nXREAD\r\n$5\r\nblock\r\n$1\r\n9\r\n$1\r\nx\r\n"
_MEANT = b"*3\r\n$3\r\nSET\r\n$5\r\nBLPOP\r\n$1\r\n9\r\n"
_LINES = b"GET /BLPOP HTTP/1.1\r\nHost: a\r\n\r\n"


def _record(path: Path, asked: bytes, wait_ms: float, gets: int, connections: int = 1) -> Path:
    """A command that is answered after so long, behind so many that are answered at once, each of an own round trip."""
    tape = Tape()
    for number in range(connections):
        client, seq, at = f"10.0.0.1:{40_000 + number}", [1_001, 9_001], 10_000.0 * number
        tape.handshake(at, client, SERVER)
        for what, answer, ms in [(_GET, b"$-1\r\n", 3.0)] * gets + [(asked, b"*-1\r\n", wait_ms + number)]:
            tape.tcp(at + 100, client, SERVER, PSH | ACK, seq[0], seq[1], what)
            seq[0] += len(what)
            tape.tcp(at + 100 + ms, SERVER, client, PSH | ACK, seq[1], seq[0], answer)
            seq[1] += len(answer)
            tape.tcp(at + 100.1 + ms, client, SERVER, ACK, seq[0], seq[1])
            at += ms + 1
        tape.tcp(at + 110, client, SERVER, FIN | ACK, seq[0], seq[1])
        tape.tcp(at + 111, SERVER, client, FIN | ACK, seq[1], seq[0] + 1)
        tape.tcp(at + 112, client, SERVER, ACK, seq[0] + 1, seq[1] + 1)
    path.write_bytes(tape.pcap())
    return path


@pytest.mark.parametrize(
    ("asked", "wait_ms", "gets", "is_nobodys"),
    [
        (_POP, 1_000, 2, True), (_POP, 1_000, 12, True), (_POP, 1_000, 40, True), (_READ, 1_000, 2, True),
        (_POP, 60, 12, True), (_POP, 45, 12, False), (_MEANT, 1_000, 2, False), (_MEANT, 1_000, 12, False),
        (_LINES, 1_000, 0, False),
    ],
)  # fmt: skip
def test_wait_is_nobodys_where_the_client_asked_for_it(
    tmp_path: Path, asked: bytes, wait_ms: float, gets: int, is_nobodys: bool
) -> None:
    with closing(open_file(_record(tmp_path / "wait.pcap", asked, wait_ms, gets))) as session:
        view = view_of(session, 0)
        budget = time_budget(view)
        told = json.loads(b"".join(json_report(Summary(session), None, Telling(Words(Language.EN)))))
        last = None if asked == _LINES else list(requests_of(session, 0))[-1]
        turns = slowest_turns(budget, view, 100, Words(Language.EN))

    seconds = told["streams"][0]["time_budget"]
    assert {part: round(value * 1e9) for part, value in seconds.items()} == {part.label: budget[part] for part in Part}
    waited_ms, server_ms = (budget[part] / 1e6 for part in (Part.ASKED_TO_WAIT, Part.SERVER_THINK))
    assert waited_ms == pytest.approx(wait_ms - _RTT_MS if is_nobodys else 0, abs=1)
    assert server_ms == pytest.approx(0 if is_nobodys else wait_ms - _RTT_MS, abs=1)
    if is_nobodys:
        assert last is not None
        assert last.spent_ns(RequestPart.IDLE) == budget[Part.ASKED_TO_WAIT]
        network, asked = (_time_ms(text) for text in (turns[-1].network, turns[-1].asked))
        assert asked == pytest.approx(waited_ms, rel=0.01)
        assert _time_ms(turns[-1].total) == pytest.approx(network + asked, rel=0.01), "the parts add up to the total"


def _time_ms(text: str) -> float:
    number, unit = text.split()
    return float(number) * {"s": 1_000, "ms": 1}[unit]


def test_alike_connections_have_each_its_own_wait(tmp_path: Path) -> None:
    with closing(open_file(_record(tmp_path / "wait.pcap", _POP, 1_000, 2, connections=9))) as session:
        summary = Summary(session)
        waited = [time_budget(view_of(session, stream))[Part.ASKED_TO_WAIT] for stream in range(9)]
        told = {stream: {str(one.id) for one in session.findings(stream)} for stream in range(9)}

    assert summary.count == 9
    assert [round(ns / 1e6) for ns in waited] == pytest.approx([1_000 - _RTT_MS + number for number in range(9)], abs=1)
    assert all("asked-to-wait" in ids and "server-think-time" not in ids for ids in told.values())
