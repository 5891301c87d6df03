"""What limited a transfer, by composed ones of which it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traces import write_trace
from transfers import Bucket, Transfer

from tcptui.access.open_capture import view_of
from tcptui.analysis.rate.limit import Limit, Party, RateLimits
from tcptui.analysis.rate.limits import rate_limits
from tcptui.model.finding import Confidence
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Judge = Callable[[Sequence[str]], RateLimits | None]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """From trace lines to what limited the client."""

    def run(lines: Sequence[str]) -> RateLimits | None:
        session = open_file(write_trace(tmp_path / "transfer.pcap", lines))
        return rate_limits(view_of(session, 0))[0]

    return run


def growing(now: float) -> int:
    """A window that doubles every 200 ms, but only up to 256 kB."""
    return 20_000 << min(int(now / 200), 4)


PIECES = tuple(100.0 + 120 * number for number in range(30))
#: Each with its limit and the least share of it.
CASES = {
    "pieces": (
        Transfer(segments=150, available=lambda now: 5 * sum(wake <= now for wake in PIECES), wakes_ms=PIECES),
        Limit.APPLICATION, 0.9,
    ),
    "small window": (Transfer(window=lambda _now: 10_240), Limit.WINDOW, 0.9),
    "another small window": (Transfer(window=lambda _now: 40_960, rtt_ms=90, segments=900), Limit.WINDOW, 0.8),
    "growing window": (Transfer(segments=1_200, window=growing, first=400), Limit.WINDOW_GROWING, 0.5),
    "unscaled": (
        Transfer(segments=1_500, scale=None, window=lambda _now: 65_000, first=40), Limit.WINDOW_UNSCALED, 0.8,
    ),
    "slow start": (Transfer(segments=600, rtt_ms=90), Limit.SLOW_START, 0.75),
    "queue": (Transfer(segments=900, service_ms=2.0, threshold=80), Limit.PATH_RATE, 0.7),
    "policer": (Transfer(segments=2_500, drops=Bucket(0.4, 20), threshold=30, rtt_ms=30), Limit.POLICER, 0.7),
    "chance": (
        Transfer(segments=1_500, drops=lambda number, _now: number % 97 == 50, threshold=20), Limit.LOSS, 0.7,
    ),
    "send buffer": (Transfer(segments=600, most=12), Limit.SEND_BUFFER, 0.8),
    "pace": (Transfer(segments=500, pace_ms=6.5), Limit.PACING, 0.8),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_main_limit_is_told(judge: Judge, name: str) -> None:
    transfer, limit, share = CASES[name]
    found = judge(transfer.lines())

    assert found is not None
    shares = {each.label: found.spent_ns[each] / found.elapsed_ns for each in Limit if found.spent_ns[each]}
    assert found.main is limit, shares
    assert shares[limit.label] >= share
    assert found.at_sender


def test_the_times_add_up_and_lie_one_behind_the_other(judge: Judge) -> None:
    found = judge(CASES["small window"][0].lines())

    assert found is not None
    assert sum(found.spent_ns) == sum(found.by_party) == found.elapsed_ns
    assert (found.begin_ns[1:] >= found.end_ns[:-1]).all()
    assert found.elapsed_ns == int(found.end_ns[-1] - found.begin_ns[0])


def test_stretches_name_the_limit_of_most_of_their_time(judge: Judge) -> None:
    windows = Transfer(window=lambda now: 10_240 if now < 2_000 else 1_000_000, segments=1_500)
    found = judge(windows.lines())

    assert found is not None
    limits = [stretch.limit for stretch in found.stretches()]
    assert limits[0] in (Limit.WINDOW, Limit.WINDOW_GROWING)
    assert limits[-1].party is Party.NETWORK
    assert all(stretch.begin_ns < stretch.end_ns for stretch in found.stretches())


@pytest.mark.parametrize(
    "transfer",
    [Transfer(segments=15), Transfer(segments=150, rtt_ms=200)],
    ids=["few segments", "few round trips"],
)
def test_of_a_short_transfer_nothing_is_said(judge: Judge, transfer: Transfer) -> None:
    assert judge(transfer.lines()) is None


def test_of_one_direction_alone_nothing_is_said(judge: Judge) -> None:
    lines = CASES["small window"][0].lines()

    assert judge([line for line in lines if line.split()[1] == "C"]) is None


def test_of_a_capture_with_many_gaps_nothing_is_said(judge: Judge) -> None:
    lines = CASES["queue"][0].lines()
    data = [line for line in lines if " C A " in line and line.endswith("1000")]
    gone = {line for number, line in enumerate(data) if number % 3 == 0}

    assert judge([line for line in lines if line not in gone]) is None


def at_receiver(lines: Sequence[str], rtt_ms: float) -> list[str]:
    """``lines`` of a capture at the sender as the receiver would have them: data later, acknowledgments earlier."""
    moved = [
        (float(line.split()[0]) + (rtt_ms - 0.3 if line.split()[1] == "C" else 0.0), line.split(" ", 1)[1])
        for line in lines
    ]
    # What the receiver sends it sends a way earlier, and after what it acknowledges.
    return [f"{at:.4f} {rest}" for at, rest in sorted(moved)]


def test_at_the_receiver_the_network_is_not_blamed(judge: Judge) -> None:
    for name in ("queue", "pieces", "send buffer"):
        transfer = CASES[name][0]
        found = judge(at_receiver(transfer.lines(), transfer.rtt_ms))

        assert found is None or found.party is not Party.NETWORK


def test_a_small_window_is_told_at_the_receiver_as_possible(judge: Judge) -> None:
    transfer = CASES["small window"][0]
    found = judge(at_receiver(transfer.lines(), transfer.rtt_ms))

    assert found is not None
    assert (found.party, found.at_sender, found.confidence) == (Party.RECEIVER, False, Confidence.POSSIBLE)


def test_losses_by_chance_are_no_policer_and_a_short_queue_is_a_rate(judge: Judge) -> None:
    by_chance = judge(CASES["chance"][0].lines())
    queue = judge(Transfer(segments=2_500, service_ms=2.0, queue=15, threshold=20).lines())

    assert by_chance is not None
    assert not by_chance.spent_ns[Limit.POLICER]
    assert queue is not None
    assert not queue.spent_ns[Limit.POLICER]
    assert queue.spent_ns[Limit.PATH_RATE] > queue.elapsed_ns // 3
