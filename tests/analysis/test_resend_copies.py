"""Copies of segments that carry nothing: told from probes by packet number and timestamp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traces import write_trace

from tcptui.analysis.resend.classify import causes
from tcptui.model.resend_cause import ResendCause
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPEN = ["0 C S 0 0 ts=1,0 id=1", "40 S SA 0 1 ts=500,1 id=7", "40.1 C A 1 1 ts=41,500 id=2"]
CLOSING = ["50 C A 1 1 ts=51,500 id=3", "50.4 C FA 1 1 ts=51,500 id=4"]


def last_cause(folder: Path, lines: Sequence[str]) -> ResendCause:
    session = open_file(write_trace(folder / "trace.pcap", lines))
    return ResendCause(int(causes(session.view(0))[-1]))


def test_copy_of_an_acknowledgment_behind_the_fin_is_no_keep_alive(tmp_path: Path) -> None:
    assert last_cause(tmp_path, [*OPEN, *CLOSING, "50.8 C A 1 1 ts=51,500 id=3"]) is ResendCause.NETWORK_DUPLICATE


def test_empty_segment_with_a_number_of_its_own_is_a_keep_alive(tmp_path: Path) -> None:
    lines = [*OPEN, "41 C PA 1 1 100 ts=42,500 id=3", "81 S A 1 101 ts=541,42 id=8"]

    assert last_cause(tmp_path, [*lines, "7000 C A 100 1 ts=7000,541 id=4"]) is ResendCause.KEEP_ALIVE
