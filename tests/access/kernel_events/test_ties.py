"""An event is tied to the packet it is about, or to none: never to another."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from seeds import seed

from tcptui.access.kernel_events.ties import AT_ONCE_NS, SENT_WINDOW_NS, TAKEN_WINDOW_NS, Untied, tie_sent, tie_taken

if TYPE_CHECKING:
    from collections.abc import Sequence

SLACK = 200


def sent(events: Sequence[int], packets: Sequence[int], may: Sequence[bool] | None = None) -> list[object]:
    return list(tie_sent([(each, SLACK) for each in events], packets, may or [True] * len(packets)))


def test_event_is_about_what_was_sent_just_before_it() -> None:
    assert sent([6_000, 56_000, 96_000], [1_000, 51_000, 91_000]) == [(0,), (1,), (2,)]


def test_event_about_several_segments_is_about_all_of_them() -> None:
    assert sent([6_000, 56_000], [900, 1_000, 50_900, 51_000]) == [(0, 1), (2, 3)]


def test_packet_that_it_cannot_be_about_ends_what_was_sent_again() -> None:
    packets, may = [1_000, 2_000, 3_000], [True, False, True]

    assert sent([6_000], packets, may) == [(2,)]


def test_new_packet_between_leaves_nothing_just_before() -> None:
    packets, may = [1_000, 2_000, 2_500], [True, False, True]

    assert sent([2_300], packets, may) == [Untied.SEVERAL]


def test_clock_that_does_not_tell_before_from_after_leaves_the_order_to_the_numbers() -> None:
    assert sent([1_100, 51_100], [1_000, 51_000]) == [(0,), (1,)]
    assert sent([1_100, 51_100], [1_000, 30_000, 51_000]) == [Untied.SEVERAL] * 2


def test_packets_that_a_queue_held_back_belong_in_order() -> None:
    late = SENT_WINDOW_NS // 2

    assert sent([0, 10_000], [late, late + 10_000]) == [(0,), (1,)]


def test_other_number_of_packets_that_a_queue_held_back_is_not_told_apart() -> None:
    late = SENT_WINDOW_NS // 2

    assert sent([0, 10_000], [late, late + 10_000, late + 20_000]) == [Untied.SEVERAL] * 2


def test_event_without_a_packet_near_is_tied_to_none() -> None:
    assert sent([0], [3 * SENT_WINDOW_NS]) == [Untied.NO_PACKET]
    assert sent([0], []) == [Untied.NO_PACKET]


def test_packet_that_came_is_the_only_one_just_before() -> None:
    assert tie_taken((1_000_000, SLACK), [990_000]) == (0,)
    assert tie_taken((1_000_000, SLACK), [1_000_000 + SLACK + 1]) is Untied.NO_PACKET
    assert tie_taken((1_000_000, SLACK), [1_000_000 - TAKEN_WINDOW_NS - SLACK - 1]) is Untied.NO_PACKET
    assert tie_taken((1_000_000, SLACK), [990_000, 995_000]) is Untied.SEVERAL


@pytest.mark.parametrize("delayed", [False, True])
def test_no_random_flow_has_a_wrong_tie(delayed: bool) -> None:
    """Sent at once, or through a queue of a steady delay; some events have lost their packet, some packets are new."""
    chance = random.Random(seed(5419))
    tied = wrong = 0
    for _ in range(300):
        delay = chance.randrange(AT_ONCE_NS, SENT_WINDOW_NS) if delayed else -chance.randrange(1_000, 20_000)
        now, truth, packets, may, events = 0, {}, [], [], []
        for _ in range(chance.randint(1, 12)):
            now += chance.choice((25_000, 60_000, 400_000, 5_000_000))
            if chance.random() < 0.3:
                packets.append(now + 2_000)  # new data
                may.append(False)
                continue
            events.append(now)
            if chance.random() < 0.95:
                truth[len(events) - 1] = len(packets)
                packets.append(now + delay)
                may.append(True)
        order = sorted(range(len(packets)), key=packets.__getitem__)
        place = {packet: index for index, packet in enumerate(order)}
        found = sent(events, [packets[each] for each in order], [may[each] for each in order])
        for index, answer in enumerate(found):
            if isinstance(answer, tuple):
                tied += 1
                wrong += set(answer) != {place.get(truth.get(index, -1), -1)}

    assert (wrong, tied > 100) == (0, True)
