"""Which frame of the link each event of the kernel's trace was."""

from __future__ import annotations

import pytest

from cases.recorder.account import CROSSED_NS, SENDS, RecordingError, in_order_of_link, make_account
from cases.recorder.link import Link, SentFrame
from cases.recorder.namespaces import Address, End
from cases.recorder.tracing import TraceEvent

SERVER = Address(End.SERVER, 0)


def sends(*whiches: tuple[int, int, int]) -> list[TraceEvent]:
    """Sends of the server: processor, time (ns) and bytes of each."""
    return [
        TraceEvent(time_ns, cpu, 7, SENDS, {"dev": SERVER.device, "len": str(length)})
        for cpu, time_ns, length in whiches
    ]


def frames(*lengths: int) -> list[SentFrame]:
    return [SentFrame(End.SERVER, bytes(length), captured=True, passage=None) for length in lengths]


def order(events: list[TraceEvent], taken: list[SentFrame]) -> list[int]:
    return in_order_of_link(events, list(range(len(events))), taken)


def test_frame_of_another_processor_may_reach_the_link_first() -> None:
    events = sends((0, 100, 60), (1, 200, 144), (0, 210, 241), (1, 900, 66))

    assert order(events, frames(60, 241, 144, 66)) == [0, 2, 1, 3]
    assert order(events, frames(60, 144, 241, 66)) == [0, 1, 2, 3]


def test_frames_of_one_processor_keep_their_order() -> None:
    events = sends((1, 200, 144), (1, 210, 241))

    assert order(events, frames(241, 144)) == [0, 1], "and then their lengths do not match"


def test_frame_sent_much_later_was_not_first() -> None:
    events = sends((1, 200, 144), (0, 201 + CROSSED_NS, 241))

    assert order(events, frames(241, 144)) == [0, 1]


@pytest.mark.parametrize("lengths", [(60,), (60, 144, 60), (61, 144)])
def test_frames_that_are_not_the_trace_s_are_refused(lengths: tuple[int, ...]) -> None:
    link = Link.__new__(Link)
    link.sent = {End.CLIENT: [], End.SERVER: frames(*lengths)}
    link.delivered = {end: [] for end in End}

    with pytest.raises(RecordingError):
        make_account(sends((0, 100, 60), (1, 200, 144)), link, {End.SERVER: SERVER})
