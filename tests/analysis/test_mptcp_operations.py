"""Repeated acknowledgments of MPTCP connections: what is counted, and what is forgotten.  All numbers are tshark's."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tcptui.wire.records as records
from tcptui.analysis.analyzer import compiled_kernel
from tcptui.model.packet_store import COLUMNS
from tcptui.session.pipeline import Pipeline
from tcptui.wire.numba_compile import compiler_available
from tests.adversary.generator import generate
from tests.adversary.multipath import token
from tests.adversary.packets import ACK, SYN, Capture, Ends, Segment

CLIENT_KEY, SERVER_KEY, OTHER_KEY = (bytes((number,)) * 8 for number in (1, 2, 3))
NUMBERED = bytes((30, 8, 0x20, 0x01)) + bytes(4)
NUMBERED_LONG = bytes((30, 18, 0x20, 0x0C)) + bytes(14) + b"\x01\x01"
ADDRESS = bytes((30, 8, 0x34, 1, 10, 0, 0, 9))
REASON = bytes((30, 4, 0x80, 0))


def capable(version: int, *keys: bytes) -> bytes:
    return bytes((30, 4 + 8 * len(keys), version, 1)) + b"".join(keys)


def join(key: bytes, version: int = 1) -> bytes:
    return bytes((30, 12, 0x10, 1)) + token(key, version) + bytes(4)


def again(options: bytes = b"", side: int = 0) -> Segment:
    """A pure acknowledgment like all before it."""
    return Segment(side, 101 - 100 * side, 1 + 100 * side, options=options)


def opening(syn: bytes = b"", syn_ack: bytes = b"", isn: int = 100) -> list[Segment]:
    return [
        Segment(0, isn, 0, SYN, options=syn), Segment(1, 0, isn + 1, SYN | ACK, options=syn_ack),
        Segment(0, isn + 1, 1),
    ]  # fmt: skip


def analysed(folder: Path, segments: Sequence[Segment | tuple[int, Segment]]) -> Pipeline:
    """Each given with the number of its connection, or of connection 0."""
    capture, path = Capture(), folder / "c.pcap"
    for time, each in enumerate(segments):
        number, segment = each if isinstance(each, tuple) else (0, each)
        segment.time = (1 + time) * 1_000_000
        capture.add(Ends((b"\x0a\0\0\1", b"\x0a\0\0\2"), (40_000 + number, 50_000)), segment)
    capture.write(path)
    return read(path)


def read(path: Path, compiled: bool = False) -> Pipeline:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pipeline = Pipeline([(descriptor, path.name)])
        if compiled:
            pipeline.compile(compiled_kernel())
        while pipeline.advance([path.stat().st_size], [False]):
            pass
    finally:
        os.close(descriptor)
    return pipeline


def counted(pipeline: Pipeline) -> list[int]:
    return pipeline.store.dup_ack_number[: pipeline.store.count].tolist()


def test_first_repeated_ack_after_a_new_use_is_not_counted(tmp_path: Path) -> None:
    segments = [again(), again(NUMBERED), again(), again(), again(NUMBERED), again(), again(ADDRESS), again(), again()]

    assert counted(analysed(tmp_path, segments)) == [0, 1, 0, 2, 3, 4, 5, 0, 6]


def test_new_use_by_the_other_end_counts_for_both_directions(tmp_path: Path) -> None:
    segments = [again(), again(side=1), again(NUMBERED, side=1), again(), again(), again(side=1), again(side=1)]

    assert counted(analysed(tmp_path, segments)) == [0, 0, 1, 0, 1, 0, 2]


def test_reset_with_a_reason_and_unknown_subtypes_are_no_use(tmp_path: Path) -> None:
    segments = [again(), again(REASON), again(), again(bytes((30, 3, 0xF0))), again()]

    assert counted(analysed(tmp_path, segments)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("version", [0, 1])
def test_joining_subflow_shares_what_the_connection_was_used_for(tmp_path: Path, version: int) -> None:
    first = opening(capable(version, CLIENT_KEY), capable(version, SERVER_KEY))
    second = [(1, segment) for segment in opening(join(SERVER_KEY, version))]
    segments = [*first, again(), *second, (1, again()), again(), again(), (1, again(ADDRESS)), again(), again()]

    assert counted(analysed(tmp_path, segments))[3:] == [1, 0, 0, 0, 1, 0, 2, 2, 0, 3]


def test_token_of_nobody_begins_a_connection_of_its_own(tmp_path: Path) -> None:
    first = opening(capable(1, CLIENT_KEY), capable(1, SERVER_KEY))
    second = [(1, segment) for segment in opening(join(OTHER_KEY))]
    segments = [*first, again(), *second, (1, again()), again(), again(), (1, again(ADDRESS)), again(), again()]

    assert counted(analysed(tmp_path, segments))[3:] == [1, 0, 0, 0, 1, 2, 3, 2, 4, 5]


def test_port_used_anew_is_no_subflow_any_more(tmp_path: Path) -> None:
    before = [*opening(capable(1, CLIENT_KEY)), again(NUMBERED)]
    segments = [*before, *opening(isn=100_000), Segment(0, 100_001, 1), again(ADDRESS, side=1)]

    assert counted(analysed(tmp_path, segments))[-2] == 1


def test_repeated_syn_leaves_the_subflow_what_it_is(tmp_path: Path) -> None:
    hello = opening(capable(1, CLIENT_KEY), capable(1, SERVER_KEY))
    segments = [*hello, again(NUMBERED), Segment(0, 100, 0, SYN), again(NUMBERED), again(), again(ADDRESS), again()]

    assert counted(analysed(tmp_path, segments))[5:] == [0, 1, 2, 0]


def test_key_after_numbered_data_makes_tshark_give_the_frame_up(tmp_path: Path) -> None:
    pipeline = analysed(tmp_path, [again(), again(NUMBERED), again(), again(capable(1, CLIENT_KEY)), again()])

    assert counted(pipeline) == [0, 1, 0, 0, 3]


def test_key_after_data_numbered_by_eight_bytes_is_taken_for_known(tmp_path: Path) -> None:
    pipeline = analysed(tmp_path, [again(), again(NUMBERED_LONG), again(), again(capable(1, CLIENT_KEY)), again()])

    assert counted(pipeline) == [0, 1, 0, 2, 0]


def test_use_in_a_frame_that_is_given_up_is_not_noted(tmp_path: Path) -> None:
    broken = [again(), again(ADDRESS + b"\x1e\x02"), again(), again()]
    empty_sack = [again(), again(ADDRESS + b"\x05\x02\x01\x01"), again(), again()]

    assert counted(analysed(tmp_path, broken)) == [0, 0, 2, 3]
    assert counted(analysed(tmp_path, empty_sack)) == [0, 0, 2, 3]


def test_batches_of_any_size_and_machine_code_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.pcap"
    generate(3, "multipath", 2_500).write(path)

    def columns(size: int, compiled: bool = False) -> dict[str, list[int]]:
        monkeypatch.setattr(records, "BATCH_RECORDS", size)
        store = read(path, compiled).store
        return {name: getattr(store, name)[: store.count].tolist() for name in COLUMNS if name != "flow"}

    whole = columns(16_384)

    assert sum(number > 0 for number in whole["dup_ack_number"]) > 100
    assert columns(1) == whole
    assert columns(37) == whole
    if compiler_available():
        assert columns(100, compiled=True) == whole


def test_streams_that_leave_take_what_is_known_of_them_along(tmp_path: Path) -> None:
    path = tmp_path / "c.pcap"
    generate(4, "multipath", 2_500).write(path)
    pipeline = read(path)
    analyzer, known = pipeline.analyzer, pipeline.analyzer._multipath
    every = np.arange(analyzer.streams.count)
    assert len(known) > 20
    assert len(known._tokens) > 5

    analyzer.evict(every[::2])
    analyzer.evict(every[1::2])

    assert len(known) == len(known._tokens) == len(known._held) == len(known._due) == 0
    assert not known._known.any()


def test_connection_can_be_joined_until_its_last_stream_has_left(tmp_path: Path) -> None:
    first = opening(capable(1, CLIENT_KEY), capable(1, SERVER_KEY))
    reused = opening(isn=100_000)
    second = [(1, segment) for segment in opening(join(SERVER_KEY))]
    pipeline = analysed(tmp_path, [*first, again(NUMBERED), *reused, *second])
    known = pipeline.analyzer._multipath

    pipeline.analyzer.evict(np.array([0]))
    assert len(known._tokens) == 2
    pipeline.analyzer.evict(np.array([2]))
    assert len(known._tokens) == 0


def test_rows_that_leave_take_their_options_along(tmp_path: Path) -> None:
    store = analysed(tmp_path, [again(ADDRESS), again(NUMBERED), again(ADDRESS), again(capable(1, CLIENT_KEY))]).store

    assert sorted(store.multipath.between(0, 4)) == [0, 2, 3]
    store.evict(2)
    assert len(store.multipath) == 2
    assert sorted(store.multipath.between(2, 3)) == [2]
