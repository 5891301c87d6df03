"""Tables that memory has no room for lie on disk: everything is read, and nothing is told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import many

from tcptui.model.packet_store import COLUMNS
from tcptui.model.shared_memory import shared_zeros
from tcptui.model.sparse_array import mapped
from tcptui.model.spilled_memory import Spill, is_on_disk, spill
from tcptui.session import memory as memory_room
from tcptui.session.memory import MemoryBudget, affordable_workers
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MIB = 1 << 20


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the available memory; what is spilled ends with the test."""
    monkeypatch.setattr(spill, "folder", None)
    return lambda size: monkeypatch.setattr(memory_room, "available_memory", lambda: size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "many.pcap"
    path.write_bytes(many(1_000).pcap())
    return path


def columns(session: Session) -> dict[str, list[int]]:
    """All of the store; but for the numbers of flows, which depend on how the file was cut into blocks."""
    store = session.store
    return {name: getattr(store, name)[: store.count].tolist() for name in COLUMNS if name != "flow"}


def test_tables_go_to_disk_only_where_they_take_too_much(left: Callable[[int], None], tmp_path: Path) -> None:
    left(300 * MIB)
    budget = MemoryBudget()
    budget.expect(90 * MIB)
    assert spill.folder is None
    budget.expect(110 * MIB)
    assert spill.folder is not None


def test_where_memory_is_not_known_nothing_is_spilled(left: Callable[[int], None]) -> None:
    left(0)
    MemoryBudget().expect(1 << 40)

    assert spill.folder is None


def test_tables_that_the_disk_has_no_room_for_are_not_spilled(left: Callable[[int], None]) -> None:
    left(300 * MIB)
    MemoryBudget().expect(1 << 60)

    assert spill.folder is None


def test_capture_is_the_same_with_its_tables_on_disk(
    left: Callable[[int], None], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = columns(open_file(path))
    left(1 * MIB)
    monkeypatch.setattr("tcptui.model.packet_store._MAPPED", 1 << 12)

    session = open_file(path)

    assert spill.folder is not None
    assert session.progress.unread is None
    assert columns(session) == expected


def test_spilled_memory_has_no_name_and_is_zero(left: Callable[[int], None], tmp_path: Path) -> None:
    del left
    assert spill.begin(tmp_path)
    memory, array = mapped(MIB), shared_zeros(MIB, np.uint8)
    memory[:3] = b"abc"
    array[5] = 7

    assert bytes(memory[:4]) == b"abc\0"
    assert (int(array[5]), int(array.sum())) == (7, 7)
    assert list(tmp_path.iterdir()) == []


def test_folder_in_memory_is_no_place_to_spill_to(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    for kind, is_disk in (("tmpfs", False), ("ext4", True)):
        mounts.write_text(f"1 0 {device >> 8}:{device & 255} / / rw - {kind} none rw\n")
        assert is_on_disk(tmp_path, mounts) is is_disk


def test_folder_without_room_gives_ordinary_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Spill()
    assert one.begin(tmp_path)

    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    assert one.open(MIB) is None


def test_workers_are_as_many_as_memory_has_room_for(left: Callable[[int], None], tmp_path: Path) -> None:
    left(200 * MIB)
    assert affordable_workers(8) == 2
    left(10 * MIB)
    assert affordable_workers(8) == 1
    left(0)
    assert affordable_workers(8) == 8
    assert spill.begin(tmp_path)
    assert affordable_workers(8) == 1
