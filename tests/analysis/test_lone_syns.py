"""Many connections of one SYN are settled at once, as each of them would be by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import ACK, SYN, Tape

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tcptui.session.session import Session

SERVER = "192.0.2.10:80"


def scan() -> Tape:
    """Lone SYNs from both ends of the order of addresses, most of them unanswered for long; some are something else."""
    tape = Tape()
    for number in range(40):
        near, far = f"10.0.0.1:{4000 + number}", f"203.0.113.9:{4000 + number}"
        tape.tcp(50 * number, near, SERVER, SYN, 7 * number)
        tape.tcp(50 * number + 1, far, SERVER, SYN, 9 * number + 1, payload=b"early" if number == 3 else b"")
    tape.tcp(2_050, SERVER, "10.0.0.1:4001", SYN | ACK, 50, 8)  # late
    tape.tcp(2_060, "10.0.0.1:4002", SERVER, SYN, 14)  # again
    tape.tcp(2_070, "10.0.0.1:4999", SERVER, SYN | 0xC0, 5)
    tape.clean(2_100, "10.0.0.2:40000", SERVER, b"x", b"y")
    return tape


def columns(session: Session) -> list[NDArray[object]]:
    rows = slice(session.store.count)
    return [getattr(session.store, name)[rows].copy() for name in ("state_a", "state_b", "marks")]


def test_states_are_those_of_each_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scan.pcap"
    path.write_bytes(scan().pcap())
    one_by_one = open_file(path)
    judged = len(one_by_one._judging.annotations.cache._findings)
    monkeypatch.setattr("tcptui.session.judging.LONE_SYNS", 10)
    at_once = open_file(path)

    assert judged > 75
    assert len(at_once._judging.annotations.cache._findings) < 10
    for ours, theirs in zip(columns(at_once), columns(one_by_one), strict=True):
        assert (ours == theirs).all()
    assert {str(found.id) for found in at_once.findings(5)} == {str(found.id) for found in one_by_one.findings(5)}
