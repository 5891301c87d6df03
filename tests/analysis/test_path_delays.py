"""What the two halves of a round trip say about where a capture was made."""

from __future__ import annotations

import pytest

from tcptui.analysis.timing.path_delay import PathDelays


@pytest.mark.parametrize(
    ("to_client_ns", "at_client", "may_be"),
    [(100_000, True, True), (0, False, True), (30_000_000, False, False)],
    ids=["near", "not known", "far"],
)
def test_a_half_that_nothing_shows_places_no_capture(to_client_ns: int, *, at_client: bool, may_be: bool) -> None:
    delays = PathDelays(to_client_ns, 40_000_000, 2, mid_stream=False)

    assert (delays.captured_at(0), delays.may_be_at(0)) == (at_client, may_be)
