"""How another host's clock stands to ours: an interval that is sure, or nothing."""

from __future__ import annotations

import sys

import pytest

from tcptui.capture.remote_clock import ClockOffset, bounds, measure_clock, within
from tcptui.capture.ssh_source import RemoteTarget
from tcptui.model.errors import CaptureError

TARGET = RemoteTarget("far", "eth0")
SECOND = 1_000_000_000


def answers(expression: str) -> list[str]:
    code = f"import sys, time\nfor _ in sys.stdin: print({expression}, flush=True)"
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("hours", [0, 3, -5])
def test_clocks_that_disagree_by_hours_are_within_the_interval(hours: int) -> None:
    ahead = hours * 3600 * SECOND
    now = f"'%d.%09d' % divmod(time.time_ns() + {ahead}, 10**9)"
    offset = measure_clock(TARGET, answers(now))
    assert offset is not None
    assert offset.low_ns <= -ahead <= offset.high_ns
    assert offset.round_trip_ns > 0
    # Each answer's interval is as wide as its round trip, and all of them together are no wider.
    assert offset.high_ns - offset.low_ns <= offset.round_trip_ns


def test_a_date_without_fractions_widens_the_interval_by_its_second() -> None:
    offset = measure_clock(TARGET, answers("int(time.time())"))
    assert offset is not None
    assert offset.low_ns <= 0 <= offset.high_ns
    assert bounds(10 * SECOND, 10 * SECOND + 7, b"10", None) == ClockOffset(1 - SECOND, 7, 7)


@pytest.mark.parametrize("said", ["'%s.%N'", "'Welcome!'", "''"])
def test_what_is_no_time_is_unknown(said: str) -> None:
    assert measure_clock(TARGET, answers(said)) is None


def test_a_login_that_fails_is_an_error_with_the_reason() -> None:
    code = "import sys; sys.exit('far: Permission denied (publickey).')"
    with pytest.raises(CaptureError) as caught:
        measure_clock(TARGET, [sys.executable, "-c", code])
    assert caught.value.facts["reason"] == "far: Permission denied (publickey)."


def test_without_ssh_it_says_so() -> None:
    with pytest.raises(CaptureError) as caught:
        measure_clock(TARGET, ["/nonexistent/ssh"])
    assert caught.value.key == "messages.remote_no_ssh"


def test_intervals_narrow_one_another_and_a_clock_that_was_set_begins_anew() -> None:
    one, other = ClockOffset(-10, 5, 15), ClockOffset(-2, 20, 22)
    assert within(within(None, one), other) == ClockOffset(-2, 5, 15)
    later = ClockOffset(1000, 1010, 10)
    assert within(one, later) == later
