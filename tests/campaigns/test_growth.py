"""What judging a hostile connection takes grows as its packets do."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from time import process_time_ns
from typing import Any
from unittest.mock import patch

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tcptui.analysis.analyzer import Analyzer
from tcptui.capture.file_source import open_file
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tests.campaigns.shapes.tcp_shapes import SHAPES

#: Four times as many packets may take so many times as long, by the processor's time; quadratic work takes 16 times in
#: the end, and took 8 to 11 times at these sizes.
_MOST_TIMES = 7.0
_FEW, _MANY = 50_000, 200_000
#: Each was quadratic: resends, resets, SYN-ACKs or windows were looked for by scanning all of them, for each of them.
_ONCE_QUADRATIC = (
    "equal-segments", "all-fast-resends", "equal-resets", "challenged-resets", "syn-and-syn-ack-again",
    "zero-windows-reset", "zero-window-probes", "fins-of-both", "resends-of-both",
)  # fmt: skip


def judged_ns(path: Path) -> int:
    """Processor time of judging, without the kernel's, which has a bound that so few packets do not reach.

    To it each acknowledgment is compared with up to `MAX_UNACKED` segments, as in Wireshark.
    """
    of_kernel = 0
    replay = Analyzer.replay

    def timed(*arguments: Any, **named: Any) -> Any:
        nonlocal of_kernel
        begun = process_time_ns()
        states = replay(*arguments, **named)
        of_kernel += process_time_ns() - begun
        return states

    with (
        patch.object(Analyzer, "replay", timed),
        closing(Session([open_file(path)], compile_when=Compile.NEVER)) as session,
    ):
        session.steering.judges = False
        session.run_here()
        of_kernel, begun = 0, process_time_ns()
        session.findings(0)
        return process_time_ns() - begun - of_kernel


@pytest.mark.slow
@pytest.mark.parametrize("shape", _ONCE_QUADRATIC)
def test_four_times_the_packets_of_one_connection_take_seven_times_as_long_at_most(shape: str, tmp_path: Path) -> None:
    few, many = tmp_path / "few.pcap", tmp_path / "many.pcap"
    few.write_bytes(SHAPES[shape](_FEW))
    many.write_bytes(SHAPES[shape](_MANY))
    judged_ns(few)  # what is imported once

    assert min(judged_ns(many) for _ in range(2)) < _MOST_TIMES * min(judged_ns(few) for _ in range(3))
