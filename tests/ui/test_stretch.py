"""A stretch of time as a part of a display filter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.dfilter.compile import compile_filter
from tcptui.ui.main.stretch import Stretch, parted

NS = st.integers(-(10**15), 10**18)
FILTERS = st.sampled_from(
    ["", "tcp", "(tcp) or (udp)", "tcp.port in {80, 443}", 'frame contains ")"', "not (ip.addr == 10.0.0.1)"]
)


@given(NS, NS, FILTERS)
def test_what_was_applied_is_read_again(begin: int, end: int, text: str) -> None:
    stretch = Stretch(begin, end)

    compile_filter(stretch.applied(text))
    if ")" not in text or "(" in text:
        assert parted(stretch.applied(text)) == (text, stretch)


@given(NS, NS, FILTERS.filter(lambda text: "contains" not in text))
def test_another_stretch_takes_the_place_of_the_first(begin: int, end: int, text: str) -> None:
    once = Stretch(0, 10).applied(text)

    assert Stretch(begin, end).applied(once) == Stretch(begin, end).applied(text)


def test_seconds_have_the_digits_that_they_need() -> None:
    assert Stretch(0, 1_500_000_000).condition == "frame.time_relative >= 0 and frame.time_relative < 1.5"
    assert Stretch(-1, 12 * 10**9).condition == "frame.time_relative >= -0.000000001 and frame.time_relative < 12"


@pytest.mark.parametrize(
    "text",
    [
        "tcp",
        "frame.time_relative >= 1",
        "(tcp) or (udp) and (frame.time_relative >= 1 and frame.time_relative < 2)",
        "frame.time_relative >= 1 and frame.time_relative <= 2",
    ],
)
def test_other_filters_have_no_stretch(text: str) -> None:
    assert parted(text) == (text, None)
