"""Whose time it is that requests waited which were answered at once, or whose answer was held up on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traces import write_trace

from tcptui.access.requests import requests_of
from tcptui.model.request import Request, RequestPart
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPEN = ["0 C S 0 0", "1 S SA 0 1", "1.1 C A 1 1"]
GET, EVAL = "*2~$3~GET~$1~a~", "*3~$4~EVAL~$1~x~$1~0~"
OK = "+OK~"


def size(text: str) -> int:
    return len(text.replace("~", "\r\n"))


def told(tmp_path: Path, lines: Sequence[str]) -> list[Request]:
    session = open_file(write_trace(tmp_path / "trace.pcap", lines))
    try:
        return requests_of(session, 0)
    finally:
        session.close()


def spent(request: Request, part: RequestPart) -> float:
    return round(request.spent_ns(part) / 1e6)


def all_add_up(requests: Sequence[Request]) -> bool:
    return all(sum(part or 0 for part in one.time) == one.duration_ns for one in requests)


def test_of_what_redis_answers_at_once_nothing_tells_which_it_worked_for(tmp_path: Path) -> None:
    asked = size(GET + EVAL + GET)
    requests = told(tmp_path, [*OPEN, f"10 C PA 1 1 text={GET}{EVAL}{GET}", f"11 S A 1 {1 + asked}",
                               f"511 S PA 1 {1 + asked} text={OK * 3}"])  # fmt: skip

    assert [one.together and one.together[:2] for one in requests] == [(0, 3)] * 3
    assert [spent(one, RequestPart.SERVER) for one in requests] == [0, 0, 0]
    assert [spent(one, RequestPart.QUEUE) for one in requests] == [0, 501, 501]
    assert round(requests[0].unsure_ns / 1e6) == 500
    assert [round(one.server_most_ns / 1e6) for one in requests] == [500] * 3
    assert requests[0].taken_ns == requests[0].own_ns  # nobody asked it to wait
    assert all_add_up(requests)


def test_answers_that_come_one_by_one_are_told_apart(tmp_path: Path) -> None:
    asked, a = size(GET + EVAL + GET), size(OK)
    requests = told(tmp_path, [*OPEN, f"10 C PA 1 1 text={GET}{EVAL}{GET}", f"11 S PA 1 {1 + asked} text={OK}",
                               f"511 S PA {1 + a} {1 + asked} text={OK}", f"561 S PA {1 + 2 * a} {1 + asked} text={OK}",
                               f"561.1 C A {1 + asked} {1 + 3 * a}"])  # fmt: skip

    assert [one.together for one in requests] == [None] * 3
    assert [spent(one, RequestPart.SERVER) for one in requests] == [0, 500, 50]
    assert [spent(one, RequestPart.QUEUE) for one in requests] == [0, 1, 501]
    assert all_add_up(requests)


def test_what_was_asked_while_another_was_being_answered_is_a_batch_of_its_own(tmp_path: Path) -> None:
    first, later, a = size(EVAL), size(EVAL + GET), size(OK)
    requests = told(tmp_path, [*OPEN, f"10 C PA 1 1 text={EVAL}", f"200 C PA {1 + first} 1 text={GET}",
                               f"511 S PA 1 {1 + later} text={OK}", f"511.1 S PA {1 + a} {1 + later} text={OK}",
                               f"511.2 C A {1 + later} {1 + 2 * a}"])  # fmt: skip

    assert [one.together for one in requests] == [None] * 2
    assert [spent(one, RequestPart.SERVER) for one in requests] == [500, 0]
    assert all_add_up(requests)


def test_what_asks_to_wait_amid_others_leaves_no_time_to_be_shared(tmp_path: Path) -> None:
    waits = "*3~$5~BLPOP~$1~q~$1~0~"
    asked = size(GET + waits)
    first, _second = told(tmp_path, [*OPEN, f"10 C PA 1 1 text={GET}{waits}", f"11 S A 1 {1 + asked}",
                                     f"511 S PA 1 {1 + asked} text={OK}*-1~"])  # fmt: skip

    assert first.together is not None
    assert first.together.server_ns == 0
    assert spent(first, RequestPart.SERVER) == 0


def test_what_an_answer_was_held_on_its_way_is_not_the_servers_time(tmp_path: Path) -> None:
    """By its sender's own clock it left 60 ms after the one before, and came 190 ms after that."""
    a, asked = size(OK), size(GET)
    lines = ["0 C S 0 0 ts=1,0", "1 S SA 0 1 ts=1000,1", "1.1 C A 1 1 ts=2,1000"]
    for n in range(5):
        at = 10 + 50 * n
        lines += [f"{at} C PA {1 + n * asked} {1 + n * a} ts={at},{999 + at} text={GET}"]
        held = 130 if n == 4 else 0
        lines += [f"{at + 10 + held} S PA {1 + n * a} {1 + (n + 1) * asked} ts={1009 + at},{at} text={OK}"]
    *_, last = told(tmp_path, lines)

    assert 0 < spent(last, RequestPart.SERVER) <= 30
    assert spent(last, RequestPart.IDLE) >= 105
    assert last.unsure_ns == last.spent_ns(RequestPart.IDLE)
    assert last.together is None
    assert all_add_up([last])


def test_an_answer_that_may_have_been_lost_before_is_not_all_the_servers_time(tmp_path: Path) -> None:
    """Number 6 of the server's packets never came to the client; the answer is 210 ms late."""
    a, asked = size(OK), size(GET)
    for missing, least in ((0, 205), (1, 0)):
        lines = ["0 C S 0 0 id=1", "0.4 S SA 0 1 id=0", "0.41 C A 1 1 id=2"]
        for n in range(6):
            at = 10 + 10 * n
            late = 210 if n == 5 else 0
            lines += [f"{at} C PA {1 + n * asked} {1 + n * a} id={3 + n} text={GET}"]
            number = 1 + n + (missing if n == 5 else 0)
            lines += [f"{at + 0.5 + late} S PA {1 + n * a} {1 + (n + 1) * asked} id={number} text={OK}"]
        *_, last = told(tmp_path, lines)
        assert spent(last, RequestPart.SERVER) >= least
        assert (spent(last, RequestPart.SERVER) > 1) == (not missing)
        assert all_add_up([last])


def test_what_no_timer_can_have_waited_before_an_answer_came_again_is_the_servers_time(tmp_path: Path) -> None:
    """Its first copy was lost on its way to the client, of which one number is missing: one timer, of 1 s at most."""
    a, asked = size(OK), size(GET)
    lines = ["0 C S 0 0 id=1", "60 S SA 0 1 id=0", "60.1 C A 1 1 id=2"]
    for n in range(24):
        at = 100 + 100 * n
        late = 1_500 if n == 23 else 0
        lines += [f"{at} C PA {1 + n * asked} {1 + n * a} id={3 + n} text={GET}"]
        number = 1 + n + (2 if n == 23 else 0)
        lines += [f"{at + 60} S A {1 + n * a} {1 + (n + 1) * asked} id={1 + n}"] if late else []
        lines += [f"{at + 61 + late} S PA {1 + n * a} {1 + (n + 1) * asked} id={number} text={OK}"]
    *_, last = told(tmp_path, lines)

    assert spent(last, RequestPart.RECOVERY) == 1_000
    assert 490 <= spent(last, RequestPart.SERVER) <= 510
    assert all_add_up([last])
