from __future__ import annotations

import pytest

from tcptui.ui.terminal.link_rate import LinkRate


class Line:
    """A pace with a clock of its own, and a terminal that does what it is told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pace = LinkRate(lambda: self.now)

    def frame(self, size: int, *, written: bool = True) -> None:
        asked = self.pace.asks()
        self.pace.submit(size)
        if written:
            self.pace.wrote(size)
        self.pace.end_frame(asked=asked)

    def answer(self, after_s: float) -> None:
        self.now += after_s
        self.pace.answer()


@pytest.fixture
def line() -> Line:
    """A terminal that answered once, at once."""
    line = Line()
    line.frame(100)
    line.answer(0.001)
    return line


def test_mute_terminal_is_paced_by_what_was_not_written() -> None:
    line = Line()
    for _ in range(100):
        line.frame(50_000)
        assert not line.pace.is_behind()
    line.frame(10, written=False)
    assert not line.pace.is_behind()
    line.frame(10, written=False)
    assert line.pace.is_behind()
    line.pace.wrote(10)
    assert not line.pace.is_behind()


def test_mute_terminal_is_not_asked_for_ever() -> None:
    line = Line()
    asked = 0
    for _ in range(100):
        asked += line.pace.asks()
        line.frame(1)
    assert 0 < asked < 50


def test_slow_line_has_no_more_in_flight_than_arrives_in_a_quarter_of_a_second(line: Line) -> None:
    line.frame(20_000)
    line.answer(1.0)  # 20 kB/s
    line.frame(4_000)
    assert not line.pace.is_behind()
    line.frame(4_000)
    assert line.pace.in_flight == 8_000
    assert line.pace.is_behind()
    line.answer(0.2)
    assert not line.pace.is_behind()


def test_distant_but_fast_line_is_not_held_up_by_the_distance(line: Line) -> None:
    line.frame(40_000)
    line.answer(0.2)  # 200 kB/s: 40 kB in one round trip
    for _ in range(20):
        line.frame(900)
    assert not line.pace.is_behind()


def test_short_answers_do_not_make_a_distant_line_slow(line: Line) -> None:
    for _ in range(20):
        line.frame(200)
        line.answer(0.2)
    for _ in range(10):
        line.frame(900)
    assert not line.pace.is_behind()


def test_line_that_became_slow_is_noticed(line: Line) -> None:
    line.frame(12_000)
    line.answer(12.0)  # 1 kB/s
    line.frame(1_000)
    line.frame(1_000)
    assert line.pace.is_behind()


def test_line_is_left_free_as_long_as_it_was_busy(line: Line) -> None:
    line.now += 1
    assert line.pace.is_free()
    line.frame(10_000)
    assert not line.pace.is_free()
    line.answer(0.5)
    assert not line.pace.is_free()
    line.now += 0.49
    assert not line.pace.is_free()
    line.now += 0.02
    assert line.pace.is_free()


def test_mute_terminal_that_takes_everything_is_free() -> None:
    line = Line()
    line.frame(50_000)
    assert line.pace.is_free()


def test_terminal_that_stopped_answering_is_believed_no_longer(line: Line) -> None:
    line.frame(20_000)
    assert line.pace.is_behind() is False
    line.frame(20_000)
    assert line.pace.is_behind()
    line.now += 30
    assert line.pace.is_behind()
    line.now += 30
    assert not line.pace.is_behind()
    assert line.pace.is_free()


def test_answer_that_nobody_asked_for_means_nothing() -> None:
    line = Line()
    line.pace.answer()
    line.frame(100_000)
    assert not line.pace.is_behind()
    assert not line.pace.waits


def test_answers_are_waited_for_only_from_a_terminal_that_answers(line: Line) -> None:
    mute = Line()
    mute.frame(10)
    assert not mute.pace.waits
    line.frame(10)
    assert line.pace.waits
    line.answer(0.1)
    assert not line.pace.waits


def test_terminal_lent_to_another_program_owes_nothing(line: Line) -> None:
    line.frame(10_000)
    line.pace.forget()
    assert not line.pace.waits
    assert line.pace.in_flight == 0
    assert line.pace.is_free()


def test_frame_was_drawn_when_the_terminal_answered_however_busy_the_line_was_later(line: Line) -> None:
    line.frame(500)
    question = line.pace.submitted
    line.frame(500)
    assert line.pace.drawn_at(question) is None
    line.answer(0.3)
    drawn_at = line.now
    for _ in range(10):
        line.frame(500)
        line.answer(0.1)
        line.frame(500)

    assert not line.pace.is_free()
    assert line.pace.drawn_at(question) == drawn_at
    assert line.pace.drawn_at(line.pace.submitted) is None


def test_frame_on_a_mute_terminal_was_drawn_when_it_was_written() -> None:
    line = Line()
    line.frame(100, written=False)
    question = line.pace.submitted
    assert line.pace.drawn_at(question) is None
    line.now += 3
    line.pace.wrote(100)

    assert line.pace.drawn_at(question) == line.now


def test_frame_of_a_terminal_that_answers_no_more_was_drawn_when_that_was_noticed(line: Line) -> None:
    line.frame(500)
    question = line.pace.submitted
    line.now += 60

    assert line.pace.drawn_at(question) == line.now
