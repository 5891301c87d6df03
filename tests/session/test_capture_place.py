"""Where a session says that its capture was made, and that its streams say the same."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from traces import write_trace

from tcptui.analysis.capture_point import CapturePlace
from tcptui.analysis.capture_trust import capture_trust
from tcptui.model.capture_point import CapturePoint
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.trust_text import trust_items

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.session.session import Session

LATE_START = ["0 C PA 1 1 100", "40 S A 1 101", "41 S PA 1 101 50", "41.1 C A 101 51"]


def test_session_without_a_handshake_is_placed_by_its_acknowledgments(tmp_path: Path) -> None:
    with closing(open_file(write_trace(tmp_path / "trace.pcap", LATE_START))) as session:
        assert session.place.position is CapturePoint.CLIENT
        assert session.place is session.place


#: A handshake that tells: captured at 10.0.0.1, the client, 40 ms from the server.
TELLING = ["0 C S 0 0 port=50000", "40 S SA 0 1 port=50000", "40.1 C A 1 1 port=50000", "50 C PA 1 1 10 port=50000"]
#: A SYN that is answered only when it comes again, after 1 s: nobody can say which one was answered.
REPEATED = ["100 C S 0 0", "1100 C S 0 0", "1940 S SA 0 1", "1941.2 C A 1 1", "1942 C PA 1 1 100", "1990 S A 1 101"]
#: The other way round: 10.0.0.1 is the server of a client in the next rack.
BESIDE = ["0 C S 0 0 client=3 server=1", "0.2 S SA 0 1 client=3 server=1", "0.3 C A 1 1 client=3 server=1"]


def _point(session: Session, stream: int) -> str:
    (found,) = {str(each.facts["position"]) for each in session.findings(stream) if "position" in each.facts}
    return found


@pytest.mark.finding("three-way-handshake")
@pytest.mark.parametrize(("lines", "point"), [(REPEATED, "client"), (BESIDE, "server")])
def test_stream_without_an_opinion_was_captured_where_the_others_were(
    tmp_path: Path, lines: list[str], point: str
) -> None:
    with closing(open_file(write_trace(tmp_path / "alone.pcap", lines))) as session:
        assert _point(session, 0) == "unknown"
    with closing(open_file(write_trace(tmp_path / "both.pcap", [*TELLING, *lines]))) as session:
        assert session.place.own_host == "10.0.0.1"
        assert _point(session, 1) == point


@pytest.mark.finding("three-way-handshake")
def test_stream_of_other_hosts_inherits_nothing(tmp_path: Path) -> None:
    lines = [f"{line} client=3 server=4" for line in REPEATED]
    with closing(open_file(write_trace(tmp_path / "trace.pcap", [*TELLING, *lines]))) as session:
        assert _point(session, 1) == "unknown"


@pytest.mark.finding("syn-timeout")
def test_syn_that_the_servers_own_capture_shows_was_not_lost(tmp_path: Path) -> None:
    """An attempt that nobody answers tells nothing of its place itself."""
    at = (60, 1060, 3060, 7060)
    lines = [f"{ms} C S 0 0 client=3 server=1 port=51000" for ms in at] + ["20000 C S 0 0 client=3 port=51001"]
    with closing(open_file(write_trace(tmp_path / "trace.pcap", [*TELLING, *lines]))) as session:
        (finding,) = (each for each in session.findings(1) if each.id.value == "syn-timeout")

        assert "syn-lost" not in finding.alternatives
        assert "firewall-drop" in finding.alternatives


@pytest.mark.finding("three-way-handshake")
def test_acknowledgments_alone_place_no_other_stream(tmp_path: Path) -> None:
    with closing(open_file(write_trace(tmp_path / "trace.pcap", [*LATE_START, *BESIDE]))) as session:
        assert session.place.host == "10.0.0.1"
        assert session.place.own_host is None
        assert _point(session, 1) == "unknown"


def test_many_short_connections_are_placed_like_one(tmp_path: Path) -> None:
    """Those written in bulk: each quick handshake on its own tells nothing."""
    closes = ["1 C FA 1 1", "1.2 S FA 1 2", "1.3 C A 2 2"]
    lines = [f"{line} port={51_000 + n} client=3 server=1" for n in range(5) for line in [*BESIDE, *closes]]
    with closing(open_file(write_trace(tmp_path / "trace.pcap", [*TELLING, *lines]))) as session:
        told = dict(session.each_findings(range(session.streams.count)))
        bulk = {finding.facts["position"] for n in range(1, 6) for finding in told[n] if "position" in finding.facts}

        assert bulk == {"server"} == {_point(session, n) for n in range(1, 6)}


def test_what_was_judged_before_the_place_was_known_is_judged_again(tmp_path: Path) -> None:
    with closing(open_file(write_trace(tmp_path / "trace.pcap", [*TELLING, *REPEATED]))) as session:
        annotations = session._judging.annotations
        known = annotations.context
        annotations.context = replace(known, place=CapturePlace())
        assert _point(session, 1) == "unknown"
        annotations.context = known
        assert _point(session, 1) == "client"


def test_the_report_names_the_host(tmp_path: Path) -> None:
    both = [*TELLING, *BESIDE, "3 C S 0 0 client=5 server=1", "3.1 S SA 0 1 client=5 server=1",
            "33.1 C A 1 1 client=5 server=1"]  # fmt: skip
    with closing(open_file(write_trace(tmp_path / "trace.pcap", both))) as session:
        trust = capture_trust(session.store, session.streams, session.quality, session.place)

        assert session.place.position is CapturePoint.UNKNOWN, "client here, server there"
        assert (
            trust_items(trust, Words(Language.EN))[-1]
            == "captured at or near 10.0.0.1, by the timing of the handshakes"
        )
