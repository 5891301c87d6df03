"""Transfers seen at their receiver, behind a line that limits them: what can be told there, and what cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from traced import Told

from tcptui.analysis.timing.budget_parts import Part
from tcptui.model.finding import Confidence

Tell = Callable[[Sequence[str]], Told]
SIZE = 1460


def arriving(
    rtt_ms: float, spacing_ms: float, count: int = 400, *, pushed: int = 45, lost: Sequence[int] = ()
) -> list[str]:
    """Whole segments of the server, one every ``spacing_ms``, seen at the client, that acknowledges every second one.

    Each ``pushed``-th ends what the program had handed over.  Each of ``lost`` is missing, and comes a queue of 20
    segments later; neither end speaks timestamps or SACK.
    """
    options = "win=60000 scale=7"
    lines = [f"0 C S 0 0 {options}", f"{rtt_ms} S SA 0 1 {options}", f"{rtt_ms + 0.1} C A 1 1 win=500"]
    now, got, again = rtt_ms * 2, 0, dict[int, int]()
    lines += [f"{rtt_ms + 0.2} C PA 1 1 100 win=500", f"{now} S A 1 101 win=500"]
    for number in range(count):
        now += spacing_ms
        late = again.pop(number, None)
        if late is not None:
            lines.append(f"{now} S A {1 + SIZE * late} 101 {SIZE} win=500")
            now += spacing_ms
        if number in lost:
            again[number + 20] = number
            continue
        last = "A" + ("P" if (number + 1) % pushed == 0 else "")
        lines.append(f"{now} S {last} {1 + SIZE * number} 101 {SIZE} win=500")
        got = min([*again.values(), number + 1])
        if number % 2 or again:
            lines.append(f"{now + 0.05} C A 101 {1 + SIZE * got} win=500")
    return lines


def share(trace: Told, part: Part) -> float:
    """The share of the time that is ``part``."""
    budget = trace.budget
    return budget[part] / budget.elapsed_ns


@pytest.mark.finding("path-limited")
@pytest.mark.parametrize(("rtt_ms", "spacing_ms"), [(4, 12), (4, 24), (40, 3), (60, 6), (100, 8)])
def test_one_rate_of_arrival_is_the_paths(told: Tell, rtt_ms: float, spacing_ms: float) -> None:
    """Also where each segment takes longer than a round trip of the empty line did: no pause of the program."""
    trace = told(arriving(rtt_ms, spacing_ms))

    finding = trace.findings["path-limited"]
    assert (finding.facts["shape"], finding.confidence) == ("rate", Confidence.POSSIBLE)
    assert finding.facts["rate_bytes"] == pytest.approx(SIZE * 1000 / spacing_ms, rel=0.02)
    assert finding.facts["spacing_s"] == pytest.approx(spacing_ms / 1000, rel=0.02)
    assert share(trace, Part.NETWORK_LIMITED) > 0.9
    assert share(trace, Part.SENDER) < 0.05


@pytest.mark.finding("path-limited")
def test_gaps_that_were_repaired_leave_the_rest_to_the_path(told: Tell) -> None:
    trace = told(arriving(40, 6, 600, lost=(60, 180, 320, 470)))

    assert trace.findings["path-limited"].facts["shape"] == "loss"
    assert share(trace, Part.NETWORK_LIMITED) > 0.5
    assert share(trace, Part.NETWORK_LIMITED) + share(trace, Part.RECOVERY) > 0.9


@pytest.mark.finding("path-limited", twin=True)
def test_a_program_that_hands_over_each_segment_is_not_the_path(told: Tell) -> None:
    """A segment with PSH may have been all there was."""
    trace = told(arriving(4, 24, pushed=1))

    assert "path-limited" not in trace.findings
    assert share(trace, Part.SENDER) > 0.9


@pytest.mark.finding("path-limited", twin=True)
def test_few_segments_at_one_rate_are_none(told: Tell) -> None:
    assert "path-limited" not in told(arriving(4, 12, 18)).findings


@pytest.mark.finding("path-limited", twin=True)
def test_changing_spacings_are_no_rate(told: Tell) -> None:
    lines = arriving(4, 12)[:5]
    now = 10.0
    for number in range(300):
        now += (3, 40, 9, 17, 70)[number % 5]
        lines.append(f"{now} S A {1 + SIZE * number} 101 {SIZE} win=500")
        lines.append(f"{now + 0.05} C A 101 {1 + SIZE * (number + 1)} win=500")

    assert "path-limited" not in told(lines).findings


@pytest.mark.finding("most-of-the-time", twin=True)
def test_an_outage_amid_a_transfer_is_not_put_down_to_the_path(told: Tell) -> None:
    """Longer than any line takes for a segment: nobody knows."""
    lines = arriving(4, 12, 60)
    end = float(lines[-1].split()[0])
    sent = 1 + SIZE * 60
    lines.append(f"{end + 3000} S A {sent} 101 {SIZE} win=500")
    trace = told([*lines, f"{end + 3000.1} C A 101 {sent + SIZE} win=500"])

    assert share(trace, Part.UNATTRIBUTED) > 0.7
    assert share(trace, Part.SENDER) < 0.05


@pytest.mark.finding("most-of-the-time")
def test_what_nobody_can_tell_is_said_where_nothing_else_is(told: Tell) -> None:
    """Waits of 1.5 s behind whole segments without PSH: no line is as slow, and more was there to send."""
    lines = arriving(4, 12, 60)
    end = float(lines[-1].split()[0])
    sent = 1 + SIZE * 60
    for number in range(4):
        at = end + 1500 * (number + 1)
        lines.append(f"{at} S A {sent + SIZE * number} 101 {SIZE} win=500")
        lines.append(f"{at + 0.05} C A 101 {sent + SIZE * (number + 1)} win=500")
    trace = told(lines)

    finding = trace.findings["most-of-the-time"]
    assert (finding.facts["shape"], finding.facts["percent"]) == ("unattributed", pytest.approx(80, abs=10))
