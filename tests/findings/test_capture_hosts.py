"""`CaptureFacts.host_name`: the addresses of all connections become numbers of hosts, some of them at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.findings.rules.whole_capture import capture_facts
from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
from tcptui.findings.stream_findings import StreamFindings
from tcptui.lessons.loader import load_cases
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("at_once", [1, 2, 3, 1 << 14])
def test_hosts_are_those_of_each_connection(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_facts, "_HOSTS_AT_ONCE", at_once)
    for case in load_cases()[::6]:
        for capture in case.captures:
            session = open_file(capture)
            facts = CaptureFacts(session.store, session.streams, StreamFindings())

            ends = list(zip(facts.client.tolist(), facts.server.tolist(), strict=True))
            named = [tuple(map(facts.host_name, hosts)) for hosts in ends]

            streams = session.streams
            assert named == [(streams.client(each).host, streams.server(each).host) for each in range(streams.count)]
            hosts = {host for both in ends for host in both}
            assert len({name for both in named for name in both}) == len(hosts)
            assert sorted(hosts) == list(range(len(hosts)))


def test_capture_without_a_connection_has_no_host(tmp_path: Path) -> None:
    session = open_file(write_trace(tmp_path / "none.pcap", ()))

    facts = CaptureFacts(session.store, session.streams, StreamFindings())

    assert not len(facts.client)
    assert facts.near_host == -1
