"""Screens ask for the trouble of a live capture from another thread: a connection may be evicted meanwhile."""

from __future__ import annotations

import numpy as np

from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
from tcptui.findings.stream_findings import StreamFindings
from tcptui.lessons.loader import load_case
from tcptui.session.session import open_file


def test_findings_of_connections_evicted_meanwhile_are_left_out() -> None:
    session = open_file(load_case("accept-queue-full").captures[-1])
    last = session.streams.count - 1
    above_note = {stream: session.findings(stream) for stream in range(last + 1)}
    session.streams.evict(np.array([last]))

    facts = CaptureFacts(session.store, session.streams, StreamFindings(above_note.items()))

    assert last > 0
    assert sorted(facts.findings) == list(range(last))
    assert len(facts.severity) == last
