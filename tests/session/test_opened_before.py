"""What bulk readers are told of a connection does not depend on whether somebody has opened it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.dfilter.compile import compile_filter
from tcptui.lessons.loader import load_cases
from tcptui.model.finding import FindingId
from tcptui.session.filtering.run import FilterRun
from tcptui.session.groups import GroupBy, GroupSort, group_connections
from tcptui.session.session import open_file
from tcptui.session.sharing import ALONE

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.session.session import Session

TLS, MANY = "108-tls-handshake", "128-lossy-host"


def capture_of(case: str) -> Path:
    return next(one.captures[0] for one in load_cases() if one.folder.name == case)


def matching(session: Session) -> list[bool]:
    run = FilterRun(session, compile_filter("tcptui.finding"))
    return list(run.matching(session.store.first, session.store.count))


def test_filter_over_findings_matches_the_same_packets_once_a_connection_was_opened() -> None:
    session = open_file(capture_of(TLS))
    before = matching(session)

    opened = [finding.id for finding in session.findings(0)]

    assert FindingId.TLS_HANDSHAKE in opened  # a note of the payload, which is read for who opens the connection
    assert matching(session) == before
    assert [found for _, found in session.each_findings([0])] == [
        found for _, found in open_file(capture_of(TLS)).each_findings([0])
    ]


def test_worst_connection_of_a_group_is_the_same_once_another_was_opened() -> None:
    session = open_file(capture_of(MANY))
    session.judge(ALONE)
    before = [group_connections(session, by, GroupSort.LOST).groups for by in GroupBy]

    quiet = session.severity[: session.streams.count].tolist()
    session.findings(len(quiet) - 1 - quiet[::-1].index(0))  # the last one that has notes at most

    assert [group_connections(session, by, GroupSort.LOST).groups for by in GroupBy] == before
