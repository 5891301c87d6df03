"""A recording in which a program or the link stood still is refused: it is not the one that the scenario means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cases.recorder.account import SENDS, Account, make_account
from cases.recorder.bench import BUSY, LATE_NS, STOOD_NS, distorted
from cases.recorder.link import Link, SentFrame
from cases.recorder.namespaces import Address, End
from cases.recorder.stand_still import LOOK_NS, StandStill
from cases.recorder.tracing import TraceEvent

if TYPE_CHECKING:
    from pathlib import Path

SERVER = Address(End.SERVER, 0)
PROGRAM, SERVANT = 70, 71


def counts(proc: Path, process: int, waited_ns: int, *children: int) -> None:
    """What the kernel says of a process of one thread."""
    task = proc / str(process) / "task" / str(process)
    task.mkdir(parents=True, exist_ok=True)
    (task / "schedstat").write_text(f"123456789 {waited_ns} 42\n")
    (task / "children").write_text("".join(f"{child} " for child in children))


def account_of(sent_ns: int, taken_ns: int, late_ns: int = 0) -> tuple[Link, Account]:
    """A link that began at 100 ns and took one frame of the server's."""
    link = Link.__new__(Link)
    link.start_ns, link.late_ns = 100, late_ns
    link.sent = {End.CLIENT: [], End.SERVER: [SentFrame(End.SERVER, bytes(60), True, None, taken_ns)]}
    link.delivered = {end: [] for end in End}
    event = TraceEvent(sent_ns, 0, 7, SENDS, {"dev": SERVER.device, "len": "60"})
    return link, make_account([event], link, {End.SERVER: SERVER})


def test_longest_wait_is_one_and_not_the_sum_of_short_ones(tmp_path: Path) -> None:
    still = StandStill(tmp_path)
    for turn, waited_ms in enumerate((500, 510, 520, 760, 770)):
        counts(tmp_path, PROGRAM, waited_ms * 1_000_000)
        still.look([PROGRAM], turn * LOOK_NS + LOOK_NS, judged=turn > 0)

    assert still.longest_ns == 240_000_000


def test_wait_before_the_scenario_is_none_of_it(tmp_path: Path) -> None:
    still = StandStill(tmp_path)
    for turn, waited_ms in enumerate((0, 900, 905)):
        counts(tmp_path, PROGRAM, waited_ms * 1_000_000)
        still.look([PROGRAM], turn * LOOK_NS + LOOK_NS, judged=turn == 2)

    assert still.longest_ns == 5_000_000


def test_what_a_program_started_is_looked_at_and_what_has_ended_is_not_missed(tmp_path: Path) -> None:
    still = StandStill(tmp_path)
    counts(tmp_path, PROGRAM, 0, SERVANT, 72)
    counts(tmp_path, SERVANT, 0)
    still.look([PROGRAM], LOOK_NS, judged=True)
    counts(tmp_path, SERVANT, 300_000_000)
    still.look([PROGRAM], LOOK_NS + 1, judged=True)
    assert still.longest_ns == 0, "that was just now"
    still.last_look(PROGRAM, judged=True)

    assert still.longest_ns == 300_000_000


def test_kernel_that_does_not_count_refuses_nothing(tmp_path: Path) -> None:
    still = StandStill(tmp_path)
    counts(tmp_path, PROGRAM, 0)
    (tmp_path / str(PROGRAM) / "task" / str(PROGRAM) / "schedstat").write_text("")
    still.look([PROGRAM], LOOK_NS, judged=True)

    assert still.longest_ns == 0


@pytest.mark.parametrize(
    ("sent_ns", "taken_ns", "late_ns", "waited_ns", "is_refused"),
    [
        (200, 300, 0, 0, False),
        (200, 300, LATE_NS, STOOD_NS, False),
        (200, 300 + LATE_NS, 0, 0, True),
        (50, 300 + LATE_NS, 0, 0, False),
        (200, 0, 0, 0, False),
        (200, 300, LATE_NS + 1, 0, True),
        (200, 300, 0, STOOD_NS + 1, True),
    ],
    ids=["prompt", "nearly", "taken late", "before it began", "not carried on", "delivered late", "program waited"],
)
def test_recording_is_refused_and_says_what_stood_still(
    sent_ns: int, taken_ns: int, late_ns: int, waited_ns: int, is_refused: bool
) -> None:
    link, account = account_of(sent_ns, taken_ns, late_ns)
    still = StandStill()
    still.longest_ns = waited_ns

    assert distorted(link, account, still).startswith(BUSY) is is_refused
