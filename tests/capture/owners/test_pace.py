"""How often sockets are looked at: often while connections begin or are asked about, seldom while nothing happens."""

from __future__ import annotations

import pytest

from tcptui.capture.owners.main import Pace


def busy_part(took: float, *, is_new: bool, questions: int = 0) -> float:
    """Which part of a processor looks take that take ``took`` each, asked as a session does."""
    pace, now, asked, used = Pace(), 0.0, 0.0, 0.0
    seconds = 40 + 1_000 * took
    while now < seconds:
        if asked <= now:
            pace.asked(now, questions)
            asked = now + 0.25
        wait = pace.wait(now)
        assert wait is not None
        if wait <= asked - now:
            now, used = now + wait + took, used + took
            pace.looked(now, took, is_new=is_new)
        else:
            now = asked
    return used / now


@pytest.mark.parametrize("took", [0.001, 0.02, 0.1, 1.0])
def test_looks_take_a_tenth_of_a_processor_while_connections_begin_and_a_hundredth_while_none_do(took: float) -> None:
    assert busy_part(took, is_new=True) <= 0.101
    assert busy_part(took, is_new=False) <= 0.015
    assert busy_part(took, is_new=False, questions=1) <= 0.101


def test_question_about_a_connection_is_not_left_waiting_for_the_next_look_of_a_quiet_host() -> None:
    pace = Pace()
    pace.asked(0.0, 0)
    for _ in range(20):
        pace.looked(1.0, 0.01, is_new=False)

    pace.asked(1.05, 0)
    assert pace.next_look > 1.5
    pace.asked(1.05, 1)
    assert pace.next_look <= 1.1 + 1e-9


def test_nothing_is_looked_at_while_nobody_asks() -> None:
    pace = Pace()
    assert pace.wait(0.0) is None
    pace.asked(0.0, 0)
    assert pace.wait(1.0) is not None
    assert pace.wait(60.0) is None
