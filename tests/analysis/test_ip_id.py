"""Gaps in IP packet numbers: singly, all of a side, and the quick test that spares working them out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.analysis.resend.ip_id import HINT, LARGEST_STEP, PROOF, IpIdGap, PacketNumbers, may_skip, skipped
from tcptui.model.tcp_flags import ACK, RST

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView

#: Steps of one side's numbers, mostly 1, and some at each limit.
STEPS = st.lists(
    st.one_of(st.just(1), st.just(1), st.just(1), st.sampled_from([0, 2, 3, LARGEST_STEP, LARGEST_STEP + 1, 40_000])),
    max_size=40,
)
#: What stands amid them and is not counted: nothing, the other side's packets, answers without a socket.
AMID = st.sampled_from(["", "", "", "other", "zero", "rst"])


def view_of(first: int, steps: list[int], amid: list[str] | None = None, step_ns: int = 1) -> StreamView:
    """A view with the columns that tell packet numbers; side 0 sends the packets with ``steps``, every ``step_ns``."""
    number, packets = first, [(False, first, int(ACK))]
    for place, step in enumerate(steps):
        kind = amid[place % len(amid)] if amid else ""
        if kind:
            packets.append((kind == "other", 0 if kind == "zero" else 777, int(RST if kind == "rst" else ACK)))
        number = (number + step) & 0xFFFF
        packets.append((False, number, int(ACK)))
    sides, numbers, flags = zip(*packets, strict=True)
    columns = {
        "from_server": np.array(sides, np.bool_), "ip_id": np.array(numbers, np.uint16),
        "flags": np.array(flags, np.uint16), "time_ns": np.arange(len(packets), dtype=np.int64) * step_ns,
    }  # fmt: skip
    return cast("StreamView", SimpleNamespace(**columns))


def test_steps_beyond_one_are_packets_that_never_came() -> None:
    view = view_of(100, [1] * 10 + [3] + [1] * 4)

    assert skipped(view, 0) == [IpIdGap(10, 11, 2)]
    assert PacketNumbers(view, 0).missing(np.array([10, 11, 12])).tolist() == [False, True, False]


@pytest.mark.parametrize("across", [[1, 1], [2]], ids=["zero-sent", "zero-left-out"])
def test_the_wrap_of_the_counter_is_no_gap(across: list[int]) -> None:
    steps = [*[1] * 6, *across, *[1] * 6]
    view = view_of(0xFFFF - 6, steps)

    assert skipped(view, 0) == []
    assert not may_skip(view, 0)


def test_what_is_missing_beside_the_wrap_is_a_gap() -> None:
    view = view_of(0xFFFF - 6, [*[1] * 6, 4, *[1] * 6])

    assert skipped(view, 0) == [IpIdGap(6, 7, 2)]
    assert may_skip(view, 0)


@pytest.mark.parametrize("step", [0, LARGEST_STEP + 1, 40_000])
def test_one_step_that_is_no_gap_makes_all_of_them_unbelievable_as_a_proof(step: int) -> None:
    steps = [1] * 10 + [3] + [1] * 4

    assert skipped(view_of(5, [*steps, step]), 0) == []
    assert PacketNumbers(view_of(5, [*steps, step]), 0).missing(np.array([11])).tolist() == [True]


@pytest.mark.parametrize(("calibration", "told"), [(HINT, False), (PROOF, True)])
def test_a_gap_longer_than_a_first_flight_is_no_hint_of_a_lost_answer(calibration: object, told: bool) -> None:
    view = view_of(5, [*[1] * 8, 19])

    assert PacketNumbers(view, 0, calibration).told is told  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "lost"), [(3, True), (9, False)])
def test_missing_packets_were_no_copies_where_their_timer_would_have_been_quicker(seconds: int, *, lost: bool) -> None:
    view = view_of(100, [1] * 10 + [3] + [1] * 4, step_ns=seconds * 1_000_000_000)

    assert PacketNumbers(view, 0).missing(np.array([11])).tolist() == [True]
    assert PacketNumbers(view, 0).lost(np.array([11])).tolist() == [lost]


@pytest.mark.parametrize("calibration", [HINT, PROOF])
def test_four_steps_tell_nothing(calibration: object) -> None:
    assert not PacketNumbers(view_of(5, [1, 1, 1, 2]), 0, calibration).told  # type: ignore[arg-type]


@given(first=st.integers(1, 0xFFFF), steps=STEPS, amid=st.lists(AMID, max_size=3))
def test_single_and_all_gaps_agree_and_the_quick_test_misses_none(
    first: int, steps: list[int], amid: list[str]
) -> None:
    view = view_of(first, steps, amid)
    skips = skipped(view, 0)
    proof = PacketNumbers(view, 0, PROOF)
    every = np.arange(len(view.ip_id))

    assert may_skip(view, 0) or not skips
    if skips:
        assert [skip.after for skip in skips] == np.flatnonzero(proof.missing(every)).tolist()
        assert all(0 < skip.missing < LARGEST_STEP for skip in skips)


@given(first=st.integers(1, 0xFFFF), steps=STEPS)
def test_too_few_packets_are_never_believed(first: int, steps: list[int]) -> None:
    for calibration in (HINT, PROOF):
        short = view_of(first, steps[: calibration.steps - 1])
        assert not PacketNumbers(short, 0, calibration).told
