"""Names and turns of rotating files are tcpdump's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.rotation import Rotation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("rotation", "names"),
    [
        (Rotation(octets=1), ["f", "f1", "f2", "f3", "f4"]),
        (Rotation(octets=1, files=1), ["f", "f", "f"]),
        (Rotation(octets=1, files=3), ["f0", "f1", "f2", "f0"]),
        (Rotation(octets=1, files=10), ["f0", "f1"]),
        (Rotation(octets=1, files=11), ["f00", "f01"]),
        (Rotation(octets=1, files=101), ["f000", "f001"]),
    ],
)
def test_files_of_a_size_are_numbered(rotation: Rotation, names: list[str]) -> None:
    number, found = 0, []
    for _ in names:
        found.append(rotation.name("f", number, 0))
        number = rotation.following(number)
    assert found == names


def test_files_of_a_time_have_the_time_in_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    try:
        assert Rotation(seconds=60).name("a-%H%M.pcap", 0, 3600) == "a-0300.pcap"
        assert Rotation(seconds=60, octets=5, files=20).name("a-%H", 3, 3600) == "a-0303"
        assert Rotation(octets=5).name("a-%H", 1, 3600) == "a-%H1"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_capture_ends_after_so_many_files_of_time_only() -> None:
    assert Rotation(seconds=1, files=3).last == 3
    assert Rotation(seconds=1, octets=5, files=3).last is None
    assert Rotation(octets=5, files=3).last is None


def test_names_ahead_are_the_ring_or_what_is_there_already(tmp_path: Path) -> None:
    template = str(tmp_path / "f")
    assert list(Rotation(octets=1, files=3).names_ahead(template, 0)) == [f"{template}{n}" for n in range(3)]
    for name in ("f2", "f17", "f017", "fx", "g1"):
        (tmp_path / name).touch()
    assert set(Rotation(octets=1).names_ahead(template, 0)) == {template, f"{template}2", f"{template}17"}
    assert list(Rotation(seconds=1).names_ahead(template, 0)) == [template]
