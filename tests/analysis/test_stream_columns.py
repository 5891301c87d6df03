"""Columns of views are made when asked for, are the same however many streams lie in a block, and cost no copy where
the store's own will do."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import mixed
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.stream.unwrapped_seq import NOTHING, sequence_space
from tcptui.analysis.stream.view import StreamView, view_streams
from tcptui.model.packet_store import OptionBit
from tcptui.model.tcp_flags import ACK, RST
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [name for name, value in vars(StreamView).items() if hasattr(value, "__get__") and hasattr(value, "_name")]
WINDOWS = ["0 C S 0 0 scale=7 sackok=1", "1 S SA 0 1 scale=2 sackok=1", "2 C A 1 1 win=100", "3 S A 1 1 win=9 sack=5:9"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return open_file(path)


def test_columns_of_many_streams_together_are_those_of_each_alone(session: Session) -> None:
    together = list(view_streams(session.store, session.streams, np.arange(session.streams.count)))

    assert len(COLUMNS) > 25
    for view in together:
        alone = view_of(session, view.stream)
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(view, name), getattr(alone, name), err_msg=name)


def test_rows_that_follow_one_another_need_no_copy(tmp_path: Path) -> None:
    session = open_file(write_trace(tmp_path / "one.pcap", WINDOWS))

    assert np.shares_memory(view_of(session, 0).time_ns, session.store.time_ns)


def test_windows_are_scaled_but_in_syns_and_sack_blocks_count_from_the_other_ends_first(tmp_path: Path) -> None:
    view = view_of(open_file(write_trace(tmp_path / "one.pcap", WINDOWS)), 0)

    assert view.window.tolist()[2:] == [100 << 7, 9 << 2]
    assert view.window[0] == open_file(tmp_path / "one.pcap").store.window[0]
    assert (view.sack_left.tolist(), view.sack_right.tolist()) == ([0, 0, 0, 5], [0, 0, 0, 9])


def test_numbers_before_the_first_one_stay_within_32_bits(tmp_path: Path) -> None:
    view = view_of(open_file(write_trace(tmp_path / "one.pcap", [*WINDOWS, "9 C A -1 1 1"])), 0)

    assert view.seq.tolist()[-1] == 2**32 - 1
    assert view.end.tolist()[-1] == 0


def random_lines(seed: int) -> list[str]:
    """Streams that take turns, whose numbers go on, back, and around 2**32."""
    chance, lines = Random(seed), []
    said: dict[tuple[int, str], int] = {}
    for ms in range(120):
        port, sender = chance.randint(40_000, 40_004), chance.choice("CS")
        other = "S" if sender == "C" else "C"
        flags = chance.choice(("S", "SA", "A", "A", "PA", "PA", "FA", "R", "RA", "."))
        seq = said.get((port, sender), 0) + chance.choice((0, 0, 0, -1000, 500, 2**30))
        ack = said.get((port, other), 0) + chance.choice((0, 0, -500, 2**29))
        length = chance.choice((0, 10, 1460)) if "S" not in flags else 0
        said[port, sender] = seq + length
        block = (
            f" sack={ack + 5}:{ack + chance.choice((5, 9, 2000))}" if 0 <= ack < 2**31 and chance.random() < 0.5 else ""
        )
        lines.append(f"{ms} {sender} {flags} {seq} {ack} {length} port={port}{block}")
    return lines


def followed(view: StreamView) -> dict[str, list[int]]:
    """`SequenceSpace`, one segment after the other."""
    found: dict[str, list[int]] = defaultdict(list)
    last: dict[tuple[str, int], int] = {}
    reached: dict[str, int] = {}

    def near(name: str, side: int, number: int) -> int:
        step = (number - last.get((name, side), 0)) & 0xFFFF_FFFF
        last[name, side] = last.get((name, side), 0) + (step - 2**32 if step >= 2**31 else step)
        return last[name, side]

    for i in range(len(view)):
        side, flags = int(view.from_server[i]), int(view.flags[i])
        acks = bool(flags & ACK) and not flags & RST
        seq = near("seq", side, int(view.seq[i]))
        end = seq + ((int(view.end[i]) - int(view.seq[i])) & 0xFFFF_FFFF)
        ack = near("ack", side, int(view.ack[i])) if acks else NOTHING
        above = (int(view.sack_right[i]) - int(view.ack[i])) & 0xFFFF_FFFF
        says = acks and int(view.options[i]) & (OptionBit.SACK | OptionBit.DSACK) == OptionBit.SACK and above < 2**31
        for name, number in (
            (f"sent{side}", NOTHING if flags & RST else end), (f"acknowledged{1 - side}", ack),
            (f"sacked{1 - side}", ack + above if says and above else NOTHING), (f"latest{side}", i),
        ):  # fmt: skip
            reached[name] = max(reached.get(name, NOTHING), number)
        for name in ("sent0", "sent1", "acknowledged0", "acknowledged1", "sacked0", "sacked1"):
            found[name].append(reached.get(name, NOTHING))
        for name in ("latest0", "latest1"):
            found[name].append(reached.get(name, -1))
        for name, number in (("seq", seq), ("end", end), ("ack", ack)):
            found[name].append(number)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_numbers_of_many_streams_together_are_those_of_each_segment_after_the_other(tmp_path: Path, seed: int) -> None:
    session = open_file(write_trace(tmp_path / "random.pcap", random_lines(seed)))
    views = list(view_streams(session.store, session.streams, np.arange(session.streams.count)))

    assert len(views) >= 5
    for view in views:
        space, wanted = sequence_space(view), followed(view)
        for name in ("seq", "end", "ack"):
            assert np.asarray(getattr(space, name)).tolist() == wanted[name], name
        for name in ("sent", "acknowledged", "sacked", "latest"):
            pair = [np.asarray(column).tolist() for column in getattr(space, name)]
            assert pair == [wanted[f"{name}0"], wanted[f"{name}1"]], name


def test_end_of_the_capture_is_told_again_without_reading_all_times_again(session: Session) -> None:
    """A rule asks for it at each of thousands of resends."""
    view = view_of(session, 0)
    end = view.capture_end_ns
    vars(view)["time_ns"] = None  # who reads the column now, fails

    assert view.capture_end_ns == end > 0
