"""The fuzzing campaign's own parts: conversations as bytes, faults that are kept, readers that stand their seeds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.campaigns.fuzz.dialogue import decoded, encoded
from tests.campaigns.fuzz.readers import READERS, Reader
from tests.campaigns.fuzz.watch import SLOWEST, Watch

_PACKETS = st.lists(st.tuples(st.integers(0, 1), st.binary(min_size=1, max_size=40)))


@given(_PACKETS)
def test_conversation_as_bytes_is_read_as_the_same_conversation(packets: list[tuple[int, bytes]]) -> None:
    client, server = decoded(encoded(packets)).directions()

    for side, direction in enumerate((client, server)):
        sent = b"".join(payload for one, payload in packets if one == side)
        assert direction.read(0, len(sent) + 1) == sent


@given(st.binary(max_size=300))
def test_any_bytes_are_a_conversation(data: bytes) -> None:
    for direction in decoded(data).directions():
        direction.read(0, 1000)


def test_faults_of_one_place_are_kept_once(tmp_path: Path) -> None:
    def read(data: bytes, _folder: Path) -> None:
        if data == b"bad":
            raise KeyError(data)
        int(data)

    watch = Watch(Reader("numbers", read, list), tmp_path)
    for data in (b"1", b"x", b"y", b"bad", b"2"):
        watch(data)

    assert sorted(path.name for path in tmp_path.glob("fault-*")) == [
        "fault-1", "fault-1.txt", "fault-2", "fault-2.txt",
    ]  # fmt: skip
    assert (tmp_path / "fault-1").read_bytes() == b"x"
    assert "KeyError" in (tmp_path / "fault-2.txt").read_text()
    assert json.loads((tmp_path / SLOWEST).read_text())["bytes"] == 1


def test_names_of_readers_are_different() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_reader_stands_the_inputs_that_fuzzing_begins_with(reader: Reader, tmp_path: Path) -> None:
    seeds = [seed[: reader.largest] for seed in reader.seeds()]

    assert seeds
    for seed in seeds[:10]:
        reader.read(seed, tmp_path)
