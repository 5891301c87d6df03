"""A file gets its share of the memory and no more; what fits is shown, and that there was more is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from captures import many

from tcptui.access.progress import Phase
from tcptui.capture.file_source import open_file
from tcptui.cli.main import main
from tcptui.session import memory as memory_room
from tcptui.session.memory import MemoryBudget, available_memory
from tcptui.session.session import Session
from tcptui.wire import records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_GIB = 1 << 30


@pytest.fixture
def leave(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The memory that is left at each look; the last one stays."""

    def leave(*bytes_left: int) -> None:
        left = list(bytes_left)
        monkeypatch.setattr(memory_room, "available_memory", lambda: left.pop(0) if len(left) > 1 else left[0])
        monkeypatch.setattr(memory_room, "CHECK_EVERY", 100)

    return leave


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A capture of 1,000 packets and a few, read a hundred at a time."""
    monkeypatch.setattr(records, "BATCH_RECORDS", 100)
    path = tmp_path / "many.pcap"
    path.write_bytes(many(140).pcap())
    return path


def test_memory_of_this_machine_is_known() -> None:
    assert available_memory() > 1 << 20


@pytest.mark.parametrize(
    ("left", "spent"),
    [((8 * _GIB, 5 * _GIB, 3 * _GIB), [False, False, True]), ((8 * _GIB, 3 * _GIB, 9 * _GIB), [False, True, True]),
     ((0, 0), [False, False, False])],
)  # fmt: skip
def test_room_is_spent_when_half_of_the_memory_is_gone(
    leave: Callable[..., None], left: tuple[int, ...], spent: list[bool]
) -> None:
    leave(*left)
    room, seen = MemoryBudget(), []
    for packets in (50, 100, 300):
        room.look(packets)
        seen.append(room.spent)

    assert seen == spent


def test_file_that_does_not_fit_is_shown_as_far_as_it_does(leave: Callable[..., None], path: Path) -> None:
    leave(8 * _GIB, 5 * _GIB, 5 * _GIB, 3 * _GIB)
    session = Session([open_file(path)])
    asyncio.run(session.run())

    assert (session.store.count, session.progress.phase) == (300, Phase.DONE)
    assert session.progress.notice is not None
    assert session.progress.notice.key == "session.memory-spent"
    assert session.findings(0) is not None
    session.close()


def test_file_that_fits_says_nothing_of_memory(leave: Callable[..., None], path: Path) -> None:
    leave(8 * _GIB, 5 * _GIB)
    session = Session([open_file(path)])
    asyncio.run(session.run())

    assert session.store.count > 1000
    assert session.progress.notice is None
    session.close()


def test_report_says_that_there_was_more(
    leave: Callable[..., None], path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)
    leave(8 * _GIB, 3 * _GIB)

    main(["report", str(path), "--lang", "en"])

    said = capsys.readouterr()
    assert "the first 100 are shown" in " ".join((said.out + said.err).split())
