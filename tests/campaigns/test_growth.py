"""What the analysis does for hostile connections grows as their packets do."""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time_ns

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tcptui.session.session import open_file
from tests.campaigns.shapes.tcp_shapes import SHAPES

#: Four times as many packets may take so many times as long, by the processor's time; quadratic work takes 16 times.
_MOST_TIMES = 9.0
_FEW, _MANY = 150_000, 600_000
#: Each was quadratic: resends, resets, SYN-ACKs or windows were looked for by scanning all of them, for each of them.
_ONCE_QUADRATIC = (
    "equal-segments", "all-fast-resends", "equal-resets", "challenged-resets", "syn-and-syn-ack-again",
    "zero-windows-reset", "zero-window-probes", "fins-of-both", "resends-of-both",
)  # fmt: skip


def judged_ns(path: Path) -> int:
    begun = process_time_ns()
    open_file(path).findings(0)
    return process_time_ns() - begun


@pytest.mark.slow
@pytest.mark.parametrize("shape", _ONCE_QUADRATIC)
def test_four_times_the_packets_of_one_connection_take_nine_times_as_long_at_most(shape: str, tmp_path: Path) -> None:
    few, many = tmp_path / "few.pcap", tmp_path / "many.pcap"
    few.write_bytes(SHAPES[shape](_FEW))
    many.write_bytes(SHAPES[shape](_MANY))
    judged_ns(few)  # what is imported and compiled once

    assert judged_ns(many) < _MOST_TIMES * min(judged_ns(few) for _ in range(3))
