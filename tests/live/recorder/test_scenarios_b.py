"""Recovery, order, windows, speed, capture quality, recorded afresh: each shows what it says, by the kernels' word."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from cases.recorder.namespaces import End
from cases.recorder.pcapng import Record, read_pcapng
from cases.recorder.scenarios import capture_trust, order, path, recovery, silence, speed, windows
from cases.recorder.segment import ETHERNET, Flag, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

FAMILIES = (recovery, silence, order, windows, speed, path, capture_trust)
NAMES = [scenario.id for family in FAMILIES for scenario in family.SCENARIOS]

FAST, PROBE, TIMER, WINDOW = "fast-recovery", "tail-loss-probe", "rto", "zero-window-probe"
SENT_AGAIN: dict[str, set[str]] = {
    "two-losses-one-window": {FAST},
    "burst-loss": {FAST},
    "lost-retransmission": {FAST},
    "lost-retransmission-timeout": {FAST, TIMER},
    "fast-retransmission-without-sack": {FAST},
    "two-losses-without-sack": {FAST},
    "fast-retransmission-without-timestamps": {FAST},
    "rack-few-duplicates": {FAST},
    "single-segment-lost": {PROBE},
    "timeout-chain": {PROBE, TIMER},
    "network-outage": {TIMER, FAST},
    "window-lost": {TIMER},
    "checksum-error": {FAST},
    "reordering-spurious": {FAST},
    "reordering-without-sack": {FAST},
    "delay-spike": {TIMER},
    "tail-acks-lost": {PROBE},
    "single-segment-ack-lost": {PROBE},
    "zero-window": {WINDOW},
    "window-update-lost": {WINDOW},
    "window-shrunk": {WINDOW, TIMER},
    "short-queue": {FAST},
    "periodic-loss": {FAST},
    "path-mtu-black-hole": {TIMER},
    "path-mtu-told": {"path-mtu"},
    "path-lost": {TIMER},
    "answers-lost": {PROBE, TIMER},
    "capture-missed-the-repetition": {FAST},
    "capture-shows-all-twice": {FAST},
    "capture-truncated": {FAST},
}
"""Why kernels send again; in every other scenario they do not, but for what may come too."""
MAY_COME_TOO: dict[str, set[str]] = {"slow-receiver": {PROBE, WINDOW}, "path-mtu-told": {PROBE}}
"""A slow reader withholds acknowledgments. (A probe for the tail may come before the first try of any timer.)"""


@pytest.fixture
def recorded(record_all: Callable[..., Path]) -> Path:
    return record_all(NAMES, "--seed", "5")


def kernel(folder: Path, *kinds: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    return [line for line in lines if line.get("kind") in kinds]


def at_close(folder: Path, end: End) -> dict[str, Any]:
    """TCP_INFO of the only connection at this end."""
    return next(line for line in kernel(folder, "tcp-info") if line["end"] == end.value)


def capture(folder: Path, end: End) -> list[Record]:
    return read_pcapng(folder / f"{end.value}.pcapng")


def links(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "link.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_kernels_send_again_for_the_scenarios_reason_only(recorded: Path, name: str) -> None:
    found = {line["why"] for line in kernel(recorded / name, "retransmit", "probe")}
    wanted = SENT_AGAIN.get(name, set())

    assert found >= wanted
    assert found - wanted <= MAY_COME_TOO.get(name, {PROBE} if wanted & {TIMER, WINDOW} else set())


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("reordering-spurious", End.SERVER),
        ("delay-spike", End.SERVER),
        ("network-outage", End.SERVER),
        ("tail-acks-lost", End.CLIENT),
        ("single-segment-ack-lost", End.CLIENT),
        ("network-duplicate", End.CLIENT),
    ],
)
def test_receiver_reports_what_it_had_twice(recorded: Path, name: str, sender: End) -> None:
    assert at_close(recorded / name, sender)["dsack_dups"] > 0


def test_lost_segments_leave_no_report_of_a_duplicate(recorded: Path) -> None:
    for name in ("two-losses-one-window", "burst-loss", "lost-retransmission", "window-lost", "checksum-error"):
        assert not any(line["dsack_dups"] for line in kernel(recorded / name, "tcp-info"))


def test_rack_timer_finds_a_loss_with_few_duplicates(recorded: Path) -> None:
    resends = kernel(recorded / "rack-few-duplicates", "retransmit")

    # Mostly from RACK's own timer; on a busy machine the next ACK comes before the timer is served.
    assert [line["why"] for line in resends] == ["fast-recovery"]


def test_segment_is_sent_three_times_when_its_repetition_is_lost(recorded: Path) -> None:
    for name in ("lost-retransmission", "lost-retransmission-timeout"):
        assert len(kernel(recorded / name, "retransmit")) == 2
        assert sum("dropped" in line for line in links(recorded / name)) == 2


@pytest.mark.parametrize("name", ["zero-window", "window-update-lost", "slow-receiver", "small-window"])
def test_receivers_window_is_what_the_sender_waits_for(recorded: Path, name: str) -> None:
    info = at_close(recorded / name, End.CLIENT)

    assert info["rwnd_limited"] > info["busy_time"] / 2


@pytest.mark.parametrize("name", ["sender-paused", "slow-sender", "small-send-buffer", "queueing-delay", "short-queue"])
def test_twin_of_a_full_window_never_waits_for_the_window(recorded: Path, name: str) -> None:
    assert at_close(recorded / name, End.CLIENT)["rwnd_limited"] == 0


def window_edges(folder: Path) -> list[int]:
    """Right edges that the server announced, with the scale of its SYN-ACK applied."""
    scale = at_close(folder, End.SERVER)["wscale"] >> 4
    segments = [parse(record.data) for record in capture(folder, End.SERVER)]
    return [
        segment.ack + (segment.window << scale)
        for segment in segments
        if segment is not None and segment.source_port == 8080 and not segment.flags & (Flag.SYN | Flag.RST)
    ]


def moves_left(edges: list[int]) -> bool:
    return any(later < edge for edge, later in itertools.pairwise(edges))


def test_window_is_taken_back_only_where_memory_shrinks(recorded: Path) -> None:
    assert moves_left(window_edges(recorded / "window-shrunk"))
    assert not moves_left(window_edges(recorded / "zero-window"))


def test_marks_are_echoed_and_nothing_is_lost(recorded: Path) -> None:
    marked = [
        record for record in capture(recorded / "congestion-marked", End.CLIENT) if record.data[ETHERNET + 1] & 3 == 3
    ]

    assert len(marked) == 2
    assert at_close(recorded / "congestion-marked", End.SERVER)["delivered_ce"] > 0


def test_long_queue_multiplies_the_round_trip(recorded: Path) -> None:
    info = at_close(recorded / "queueing-delay", End.CLIENT)

    assert info["rtt"] > 2 * info["min_rtt"]


def test_second_write_waits_for_a_delayed_acknowledgment_only_with_nagle(recorded: Path) -> None:
    assert longest_held_ns(recorded / "nagle-delayed-ack") > 30_000_000
    assert longest_held_ns(recorded / "two-writes-nodelay") <= 0
    assert longest_held_ns(recorded / "answers-after-40-ms") <= 0


def longest_held_ns(folder: Path) -> int:
    """How long after the call that wrote it, at most, data of the client left; what leaves within the call is below 0.

    However long the program waits between two calls.
    """
    written, ends = 0, []
    for line in kernel(folder, "program"):
        if line["end"] == End.CLIENT.value and line["call"] == "send":
            written += line["bytes"]
            ends.append((written, line["until"]))
    longest, first, left = -1_000_000_000, None, 0
    for record in capture(folder, End.CLIENT):
        segment = parse(record.data)
        if segment is None or not segment.length or segment.source_port == 8080:
            continue
        first = segment.seq if first is None else first
        upto = (segment.seq - first + segment.length) % (1 << 32)
        if upto > left:  # not sent again
            left = upto
            longest = max(longest, record.time_ns - next(until for end, until in ends if end >= upto))
    assert left == written
    return longest


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("capture-missed-at-sender", [End.CLIENT]),
        ("capture-missed-at-receiver", [End.SERVER]),
        ("capture-missed-acks", list(End)),
        ("capture-missed-the-repetition", list(End)),
        ("capture-starts-late", list(End)),
        ("capture-ends-early", list(End)),
        ("one-sided-capture", list(End)),
    ],
)
def test_capture_lacks_what_passed(recorded: Path, name: str, ends: list[End]) -> None:
    for end in End:
        sent_unseen = [line for line in links(recorded / name) if line["from"] == end.value and line["frame"] == 0]
        received_unseen = [
            line for line in links(recorded / name) if line["to"] == end.value and 0 in line["delivered"]
        ]

        assert bool(sent_unseen or received_unseen) is (end in ends)


def test_mirror_shows_each_frame_twice(recorded: Path) -> None:
    for end in End:
        frames = [record.data for record in capture(recorded / "capture-shows-all-twice", end)]

        assert all(frames.count(frame) == 2 for frame in frames)


def test_short_snapshot_keeps_the_length_on_the_wire(recorded: Path) -> None:
    folder = recorded / "capture-truncated"
    snapshot = json.loads((folder / "recording.json").read_text())["parameters"]["snapshot"]
    for end in End:
        records = capture(folder, end)

        assert all(len(record.data) == min(snapshot, record.wire_length) for record in records)
        assert any(record.wire_length > snapshot for record in records)
