"""Requests in the timeline: all of a connection, however many, and never read where keys are handled."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.access.requests import exchanges_with_times
from tcptui.protocols.interface import UNIT_LIMIT
from tcptui.session.session import open_file
from tcptui.session.statements import group_statements
from tcptui.ui.cell_text import span
from tcptui.ui.main import fetch
from tcptui.ui.main.request_lines import request_lines
from tcptui.ui.theme import UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import ACK, PSH, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tcptui.ui.main.request_lines import RequestLine
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

CASES = Path(__file__).resolve().parents[2] / "cases"
CLIENT, SERVER = "10.0.0.1:40000", "192.0.2.10:80"
#: More requests than a header tree shows messages; the other connection is short.
MANY = UNIT_LIMIT // 2 + 200


def opened(wire: Wire, path: Path) -> Session:
    wire.handshake(0, CLIENT, SERVER)
    asked, answered = 1001, 9001
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    for number in range(MANY):
        request = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number
        wire.tcp(100 + 10 * number, CLIENT, SERVER, PSH | ACK, asked, answered, payload=request)
        asked += len(request)
        wire.tcp(102 + 10 * number, SERVER, CLIENT, PSH | ACK, answered, asked, payload=answer)
        answered += len(answer)
    wire.clean(10_000_000, "10.0.0.2:40001", SERVER, b"GET /short HTTP/1.1\r\nHost: a\r\n\r\n")
    return open_file(wire.pcap(path / "many.pcap"))


def told(shown: Shown) -> Mapping[int, RequestLine]:
    return shown.screen.workspace.ladder._requests


async def test_all_requests_are_told_and_read_in_a_thread(
    show: Show, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_loop: list[int] = []
    made = fetch.request_lines

    def watched(*given: object) -> dict[int, RequestLine]:
        lines = made(*given)  # type: ignore[arg-type]
        if threading.current_thread() is threading.main_thread():
            in_loop.append(len(lines))
        return lines

    monkeypatch.setattr(fetch, "request_lines", watched)
    async with show(opened(wire, tmp_path), (120, 40)) as shown:
        await shown.press("enter", "down")
        await until(lambda: len(told(shown)) == MANY)
        assert told(shown)[4].operation == "GET /0"
        assert told(shown)[2 + 2 * MANY].operation == f"GET /{MANY - 1}"
        await shown.press("G")
        assert f"GET /{MANY - 1}" in "\n".join(shown.lines())
        assert in_loop == []

        await shown.press("escape", "G", "enter", "down")
        await until(lambda: [line.operation for line in told(shown).values()] == ["GET /short"])
        assert in_loop == []


async def test_requests_beyond_the_limit_take_no_memory(
    show: Show, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "REQUESTS_MOST", UNIT_LIMIT // 2 + 100)
    async with show(opened(wire, tmp_path), (120, 40)) as shown:
        await shown.press("enter", "down")
        await until(lambda: len(told(shown)) == UNIT_LIMIT // 2 + 100)


@pytest.mark.parametrize("case", ["132", "133", "135", "136", "140", "142"])
def test_a_request_has_the_same_time_in_the_timeline_in_the_list_and_by_statement(case: str) -> None:
    (capture,) = sorted(CASES.glob(f"{case}-*/*.pcap*"))[:1]
    session = open_file(capture)
    words = Words(Language.EN)
    told = 0
    for stream in range(session.streams.count):
        pairs = list(exchanges_with_times(session, stream))
        for request, exchange in pairs:
            if request.request is not None and request.response is not None:
                line = request_lines([exchange], UNICODE, words)[request.first_frame]
                assert line.answer.endswith(f", {span(request.own_ns)}"), request
                told += 1
        groups = group_statements([request for request, _ in pairs])
        assert sum(group.total_ns for group in groups) == sum(request.own_ns for request, _ in pairs)
    assert told


def test_a_packet_that_begins_several_requests_is_told_by_the_gravest_of_them() -> None:
    """Packet 8 begins the slow call that the finding is about, and a quick one; packet 37 the one that failed."""
    (capture,) = sorted(CASES.glob("135-*/*.pcap*"))[:1]
    exchanges = [exchange for _, exchange in exchanges_with_times(open_file(capture), 0)]
    lines = request_lines(exchanges, UNICODE, Words(Language.EN))

    assert (lines[8].operation, len(lines[8].others)) == ("/shop.Orders/Total", 1)
    assert lines[8].others[0].operation == "/shop.Orders/List"
    assert lines[37].fitted(30, "…") == "…ers/Total → DEADLINE_EXCEEDED"
