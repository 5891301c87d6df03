"""Findings judged with both captures, against composed faults of which the truth is known, and recorded ones."""

from __future__ import annotations

import random
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import pytest
from two_points import Path, World
from two_views import TRUTH, FaultyWorld

from tcptui.findings.catalog import spec_of
from tcptui.model.finding import FindingId
from tcptui.points.joined import JoinedFinding, join_findings
from tcptui.points.merge import Hop, merge_captures
from tcptui.points.outcomes import QUESTIONS, TABLE, Outcome, Shown
from tcptui.points.splits import split_waits
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

_MS = 1_000_000
_CASES = FilePath(__file__).parents[2] / "cases"
#: What the connections beside the faulty one lack was lost between the points.
_OTHERS = {"lost-between", "syn-lost", "syn-ack-lost", "third-ack-lost", "wait-between", "option-kept"}
#: What is shown by packets that the link lost.
_LOST = {"lost-between", "syn-lost", "syn-ack-lost", "third-ack-lost"}
#: Faults of which one capture alone finds nothing where timestamps tell of the delay.
_UNSEEN = {"slow path", "nothing"}


def drawn_path(seed: int) -> Path:
    draw = random.Random(seed)
    return Path(
        there_ns=draw.randrange(1, 25) * _MS, back_ns=draw.randrange(1, 25) * _MS, jitter_ns=2 * _MS,
        loss=draw.choice((0, 0.02, 0.05)), offset_ns=draw.randrange(-10_000, 10_000) * _MS,
        translated=draw.random() < 0.4, stamps=draw.random() < 0.7, numbered=draw.random() < 0.8,
        hops=draw.randrange(1, 5), drift=draw.choice((0, 20e-6)),
    )  # fmt: skip


def joined_findings(files: Sequence[FilePath]) -> tuple[Hop, list[JoinedFinding]]:
    captures = [open_file(file) for file in files]
    hop = merge_captures(captures[0], captures[1])
    findings = [one.each_findings(range(one.streams.count)) for one in captures]
    return hop, join_findings(hop, split_waits(hop), (findings[0], findings[1]))


def _faulty(world: FaultyWorld, hop: Hop, one: JoinedFinding) -> bool:
    """Whether it is of the connection with the fault: a new server host would be of no other."""
    capture = (hop.a, hop.b)[one.point]
    ports = {40_000, 20_000 + (40_000 * 7) % 40_000}
    return any(end.port in ports for end in capture.streams.ends(one.finding.stream))


@pytest.mark.parametrize("turned", [False, True], ids=["client at A", "client at B"])
@pytest.mark.parametrize("seed", [11, 12, 13])
@pytest.mark.parametrize("fault", TRUTH)
def test_what_both_captures_show_is_true(tmp_path: FilePath, fault: str, seed: int, turned: bool) -> None:
    world = FaultyWorld(drawn_path(seed), seed, connections=4, fault=fault)
    files = world.write(tmp_path)
    hop, found = joined_findings(files[::-1] if turned else files)

    told = set()
    for one in found:
        shown = one.observed.shown.value
        if _faulty(world, hop, one):
            told.add(shown)
            assert shown in TRUTH[fault] | {"option-kept"}
        else:
            assert shown in _OTHERS
        if shown in _LOST:
            point = one.observed.here ^ turned
            lost = {frame for frame, number in world.frames(point).items() if number in world.lost}
            assert set(one.observed.at[one.observed.here]) <= lost
    hidden = {"syns lost": world.path.translated, "duplicated": not world.path.numbered}
    if fault not in _UNSEEN and not hidden.get(fault):
        assert told & TRUTH[fault]


def test_attempts_that_never_came_are_not_called_lost_where_a_translator_may_hide_them(tmp_path: FilePath) -> None:
    world = FaultyWorld(
        Path(translated=True, stamps=False, numbered=False), 3, connections=4, fault="syns lost beyond"
    )  # fmt: skip

    _, found = joined_findings(world.write(tmp_path))

    assert not [one for one in found if one.observed.shown is Shown.SYN_LOST]


def test_unanswered_attempts_with_many_copies_are_one_connection(tmp_path: FilePath) -> None:
    """Five copies of one SYN on each side make more combinations than a key that tells connections apart has."""
    world = FaultyWorld(Path(stamps=False), 3, connections=4, fault="syns lost beyond")

    hop, found = joined_findings(world.write(tmp_path))

    assert len(hop.pairs) == 4
    assert [one.finding.id for one in found] == [FindingId.SYN_TIMEOUT]
    assert found[0].observed.shown is Shown.SYN_UNANSWERED
    assert len(found[0].observed.at[1]) == 5


def test_capture_that_lacks_packets_shows_no_absence(tmp_path: FilePath) -> None:
    """The server's capture misses every answer of one connection, and packets of others."""
    world = FaultyWorld(Path(), 4, connections=4, fault="reset by the server")
    world.records[1][:] = [
        record for number, record in enumerate(world.records[1]) if not (record[1][33] & 4 or number % 9 == 0)
    ]

    _, found = joined_findings(world.write(tmp_path))

    assert not [one for one in found if one.observed.shown is Shown.RST_BETWEEN]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("10-third-ack-lost", {("third-ack-lost", "third-ack-lost", "confirmed"),
                               ("syn-ack-retransmission", "third-ack-lost", "cause-known")}),
        ("21-sack-absent", {("sack-absent", "option-removed", "cause-known")}),
        ("39-rst-injected", {("rst-injected", "rst-between", "confirmed"),
                             ("rst-dead-connection", "rst-seen", "narrowed")}),
        ("60-fast-retransmission", {("fast-retransmission", "lost-between", "cause-known")}),
        ("95-capture-missed-packets", {("capture-missed-packets", "not-captured", "confirmed")}),
        ("42-request-unanswered", set()),
        ("32-simultaneous-close", set()),
    ],
)  # fmt: skip
def test_recorded_pairs_decide_what_one_capture_could_not(case: str, told: set[tuple[str, str, str]]) -> None:
    _, found = joined_findings([next((_CASES / case).glob(f"{end}.pcap*")) for end in ("client", "server")])

    assert {(one.finding.id.value, one.observed.shown.value, one.row.outcome.value) for one in found} == told


def test_both_views_of_one_event_are_one_finding_with_both_evidences() -> None:
    files = [next((_CASES / "10-third-ack-lost").glob(f"{end}.pcap*")) for end in ("client", "server")]

    _, found = joined_findings(files)

    (one,) = (one for one in found if one.finding.id is FindingId.THIRD_ACK_LOST)
    assert one.packets == ((2, 3, 4, 5, 6), (2, 3, 4, 5))
    assert one.refuted == ("accept-queue-full", "defer-accept", "syn-ack-lost")


def test_losses_each_way_are_told_apart(tmp_path: FilePath) -> None:
    _, found = joined_findings(World(Path(loss=0.08), 3, connections=6, rounds=14).write(tmp_path))

    lost = [one for one in found if one.observed.shown is Shown.LOST_BETWEEN]
    assert {one.observed.here for one in lost} == {0, 1}
    for one in lost:
        assert one.observed.at[one.observed.here], "its sentence names these"
        assert not one.observed.at[1 - one.observed.here], "… and no other"
    kept = [one.pair for one in found if one.observed.shown is Shown.OPTION_KEPT]
    assert len(kept) == len(set(kept)), "what both captures say is one finding"


def test_table_refutes_only_what_exists_and_every_row_can_be_told() -> None:
    words = Words(Language.EN)
    for (finding, shown), row in TABLE.items():
        assert finding in QUESTIONS
        assert spec_of(finding).id is finding
        assert not set(row.refuted) & set(row.not_between)
        for key in (*row.refuted, *row.not_between):
            assert words.template(f"alternatives.{key}")
        assert words(f"merged.findings.outcome.{row.outcome.value}")
        assert row.outcome is not Outcome.CONFIRMED or shown is not Shown.NO_ACK
