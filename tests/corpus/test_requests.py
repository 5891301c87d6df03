"""The requests in every case and every real capture: times that add up, packets that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcptui.access.requests import requests_of, with_payload
from tcptui.model.request import Request
from tcptui.session.session import Session, open_file

CASES = Path(__file__).resolve().parents[2] / "cases"


def _check(session: Session, request: Request) -> None:
    assert all(time is None or time >= 0 for time in request.time)
    assert sum(time or 0 for time in request.time) == request.duration_ns
    assert request.operation or request.response is not None
    # With or without an answer; a connection that the server ended is the status of those that have none.
    was_reset = request.status.startswith("RST_STREAM")
    was_reset |= request.response is None and request.status in ("FIN", "RST")
    assert was_reset or bool(request.status) == (request.response is not None)
    frames = set(session.store.frame[session.rows_of(request.stream)].tolist()) | {0}
    for message in (request.request, request.response):
        if message is not None:
            assert {message.first, message.last} <= frames
            assert message.bytes > 0
            assert request.start_ns <= message.first_ns <= message.last_ns <= max(request.end_ns, message.last_ns)


def _requests(paths: list[Path]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in paths:
        session = open_file(path)
        try:
            for stream in with_payload(session).tolist():
                for request in requests_of(session, stream):
                    _check(session, request)
                    counts[request.protocol] = counts.get(request.protocol, 0) + 1
        finally:
            session.close()
    return counts


@pytest.mark.uncounted
def test_times_of_all_requests_of_the_cases_add_up() -> None:
    counts = _requests(sorted(path for path in CASES.glob("*/*.pcapng*")))
    assert counts["http"] > 15
    assert counts["websocket"] >= 2


@pytest.mark.uncounted
def test_times_of_all_requests_of_the_corpus_add_up(corpus: Path) -> None:
    captures = sorted(path for path in (corpus / "dev").iterdir() if path.suffix in (".pcap", ".pcapng", ".cap", ".gz"))
    counts = _requests(captures)
    assert counts["http"] > 150
    assert counts["dns"] >= 2
    assert counts["smtp"] >= 1
