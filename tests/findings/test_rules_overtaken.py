"""Originals that their own resends overtake: the same segments are not both lost and sent for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traced import Told

    Tell = Callable[[Sequence[str]], Told]

OPEN = ["0 C S 0 0 ts=1,0 sackok=1", "0.1 S SA 0 1 ts=500,1 sackok=1", "20 C A 1 1 ts=21,500"]


def held(count: int, *, late: bool, resent_ms: float = 46) -> list[str]:
    """Seen at the server: the first ``count`` segments are held up, their resends come a round trip after that shows.

    ``late``: then the originals come as well, with their old timestamps, and each is reported by a D-SACK.
    """
    lines, edge = [*OPEN], 1 + 1000 * count
    for part in range(6):
        seq = edge + 1000 * part
        lines += [
            f"{25 + part} C A {seq} 1 1000 ts={25 + part},500",
            f"{25.1 + part} S A 1 1 ts={525 + part},21 sack={edge}:{seq + 1000}",
        ]
    for part in range(count):
        seq, last = 1 + 1000 * part, part == count - 1
        acked = edge + 6000 if last else seq + 1000
        lines += [
            f"{resent_ms + part} C A {seq} 1 1000 ts={46 + part},530",
            f"{resent_ms + 0.1 + part} S A 1 {acked} ts={546 + part},{46 + part}"
            + ("" if last else f" sack={edge}:{edge + 6000}"),
        ]
    for part in range(count if late else 0):
        seq = 1 + 1000 * part
        lines += [
            f"{900 + part} C A {seq} 1 1000 ts={22 + part // 2},500",
            f"{900.1 + part} S A 1 {edge + 6000} ts={1400 + part},{46 + count - 1} sack={seq}:{seq + 1000}",
        ]
    return lines


@pytest.mark.finding("spurious-retransmission")
@pytest.mark.finding("fast-retransmission", twin=True)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_segments_whose_originals_come_late_were_sent_again_for_nothing_and_not_lost(told: Tell, count: int) -> None:
    found = told(held(count, late=True)).findings

    assert found["spurious-retransmission"].facts["count"] == count
    assert found["spurious-retransmission"].packets[0] == 16  # the resend, which came first
    assert "fast-retransmission" not in found


@pytest.mark.finding("fast-retransmission")
@pytest.mark.finding("spurious-retransmission", twin=True)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_segments_whose_originals_never_come_were_lost(told: Tell, count: int) -> None:
    found = told(held(count, late=False)).findings

    assert found["fast-retransmission"].facts["count"] == count
    assert "spurious-retransmission" not in found


@pytest.mark.finding("spurious-retransmission", twin=True)
@pytest.mark.parametrize("apart", [374_163_430, -374_163_430, 1_500_000_000])
def test_connection_with_the_same_ports_and_no_syn_resends_nothing_of_the_one_before(told: Tell, apart: int) -> None:
    """Its SYN was not captured, its SYN-ACK is the first of its numbers, its clock of timestamps is another one."""
    lines = [
        "0 S SA 0 1 ts=88610,7", "882 S FA 6001 1578 ts=89492,7", "884 C A 1578 6002 ts=57312,7",
        f"4000 S SA {-apart} 900000 ts=29180,7", f"5484 S FA {6001 - apart} 900001 ts=30663,7",
    ]  # fmt: skip

    assert "spurious-retransmission" not in told(lines).findings
