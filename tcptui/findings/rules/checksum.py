"""Segments that arrived with a wrong checksum, which the receiver drops silently (rules/findings.md#checksum-error)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.findings.facts import DATA_OFFSET, SIDES, ConnectionFacts
from tcptui.findings.gates import SUSPECT
from tcptui.model.batched import Batched, in_columns, in_each, integer, places_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.resend_cause import ResendCause
from tcptui.wire.checksum import ChecksumState, checksum_states, tcp_checksum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.findings.facts import ReadSegments
    from tcptui.model.packet_store import I64

#: Most damaged segments that are reported; up to four times as many resends are checked.
CHECKED: Final = 8
#: Segments of the same end that must have a right checksum before a wrong one is called damage.
SOUND: Final = 2
#: Segments that are tried for that …
TRIED: Final = 6
#: … and how many segments they may be away from the damaged one.
AROUND: Final = 256

#: Most bytes in which a segment that was merely damaged differs from its resend: a word of memory, a burst on a line.
DAMAGED_BYTES: Final = 4

_SENT_AGAIN: Final = frozenset(
    {
        ResendCause.FAST_RECOVERY,
        ResendCause.RTO,
        ResendCause.TAIL_LOSS_PROBE,
        ResendCause.UNKNOWN,
        ResendCause.SYN_RETRY,
    }
)


def checksum_error(connection: ConnectionFacts) -> Finding | None:
    """`checksum-error`: a segment with a wrong TCP checksum, not acknowledged, and sent again (RFC 9293, 3.1).

    Only first copies of resent segments are checked, so that nothing is read of a healthy
    stream.  A checksum left to the network card (offload) is no damage: it is 0 or the pseudo-header's sum,
    or no other segment of that host has a right one either.
    """
    if connection.context.read_segments is None:
        return None
    pairs = [
        (resend.previous, resend.index)
        for resend in connection.resends[: 4 * CHECKED]
        if resend.previous >= 0
        and resend.cause in _SENT_AGAIN
        and not _acknowledged_between(connection, resend.previous, resend.index)
    ]
    bad: list[tuple[int, int]] = []
    known: set[int] = set()
    for (first, again), state in zip(pairs, states_of(connection, [first for first, _ in pairs]), strict=True):
        if first not in known and state == ChecksumState.BAD and _state(connection, again) == ChecksumState.GOOD:
            known.add(first)
            bad.append((first, again))
        if len(bad) >= CHECKED:
            break
    if not bad or not _sound_beside(connection, bad[0][0]):
        return None
    first, again = bad[0]
    side = connection.side[first]
    sums = _sums(connection, first)
    # What merely was damaged differs in few bytes; another content is perhaps somebody else's.
    alike = _differing(connection, first, again) <= DAMAGED_BYTES
    confidence = Confidence.CERTAIN if alike else Confidence.LIKELY
    return connection.finding(
        FindingId.CHECKSUM_ERROR,
        [i for pair in bad for i in pair],
        Severity.WARNING,
        confidence if not connection.at_sender(side) else Confidence.POSSIBLE,
        ("capture-damaged", "damaged-by-host") if alike else ("injected-data", "capture-damaged", "damaged-by-host"),
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(bad),
        bad_frame=connection.frame[first],
        again_frame=connection.frame[again],
        bad_bytes=connection.length[first],
        bad_seq=connection.seq[first],
        found_sum=f"0x{sums[0]:04x}",
        right_sum=f"0x{sums[1]:04x}",
        again_s=connection.seconds(first, again),
        position=connection.position.value,
    )


def _differing(connection: ConnectionFacts, first: int, again: int) -> int:
    """How many bytes differ in what the segments ``first`` and ``again`` both carry."""
    read, space = connection.context.read_segments, connection.space
    if read is None:
        return 0
    shift = integer(space.seq[again]) - integer(space.seq[first])
    rows = connection.view.rows
    found: int = in_columns(partial(_differ, read), rows.item(first), rows.item(again), shift)
    return found


def _differ(read: ReadSegments, rows: I64, others: I64, shifts: I64) -> I64:
    """`_differing` of the segment in each of ``rows`` and that in ``others``, which begins ``shifts`` bytes behind."""
    pairs = zip(read(rows), read(others), shifts.tolist(), strict=True)
    return np.array([_unlike(_data(one)[max(shift, 0) :], _data(two)[max(-shift, 0) :]) for one, two, shift in pairs])


def _data(segment: bytes) -> bytes:
    return segment[4 * (segment[DATA_OFFSET] >> 4) :] if segment else b""


def _unlike(one: bytes, two: bytes) -> int:
    size = min(len(one), len(two))
    return int(np.count_nonzero(np.frombuffer(one, np.uint8, size) != np.frombuffer(two, np.uint8, size)))


def _acknowledged_between(connection: ConnectionFacts, first: int, again: int) -> bool:
    """Whether the peer acknowledged the first copy before the second was captured: then it had arrived undamaged."""
    side = connection.side[first]
    column = connection.space.acknowledged[side]
    return int(places_of(column, integer(connection.space.end[first]), side="left")) < again


def _state(connection: ConnectionFacts, i: int) -> ChecksumState:
    read = connection.context.read_segments
    if read is None or int(connection.view.issues[i]):
        return ChecksumState.UNKNOWN
    state: ChecksumState = in_columns(partial(_states, read), connection.view.rows.item(i), *_from_to(connection, i))
    return state


def states_of(connection: ConnectionFacts, indexes: list[int]) -> list[ChecksumState]:
    """The `ChecksumState` of each of the segments ``indexes``; of one stream they are read at once."""
    read, rows = connection.context.read_segments, connection.view.rows
    ends = [_from_to(connection, i) for i in indexes]
    if read is None or not ends or any(isinstance(given, Batched) for given in (rows, *ends[0])):
        return [_state(connection, i) for i in indexes]
    sources, destinations = map(list, zip(*ends, strict=True))
    states = checksum_states(read(rows[indexes]), sources, destinations)
    sound = connection.view.issues[indexes] == 0
    found: list[ChecksumState] = np.where(sound, states, ChecksumState.UNKNOWN).tolist()
    return found


def _states(read: ReadSegments, rows: I64, sources: NDArray[Any], destinations: NDArray[Any]) -> NDArray[np.object_]:
    """`_state` of the segment in each of ``rows``; addresses are bytes."""
    return checksum_states(read(rows), sources.tolist(), destinations.tolist())


def _sums(connection: ConnectionFacts, i: int) -> tuple[int, int]:
    read = connection.context.read_segments
    segment = b"" if read is None else in_each(_segment, read, connection.view.rows.item(i))
    if not segment:
        return 0, 0
    source, destination = _from_to(connection, i)
    return int.from_bytes(segment[16:18], "big"), tcp_checksum(source, destination, segment)


def _segment(read: ReadSegments, row: int) -> bytes:
    return read(np.array([row]))[0]


def _from_to(connection: ConnectionFacts, i: int) -> tuple[bytes, bytes]:
    """The addresses of who sent segment ``i``, and to whom."""
    ends = connection.view.client.address, connection.view.server.address
    return ends[connection.side[i]], ends[1 - connection.side[i]]


def are_dropped(connection: ConnectionFacts, indexes: list[int]) -> list[int]:
    """Which of the segments ``indexes`` their receiver drops, for a checksum that is wrong beside right ones."""
    if connection.context.read_segments is None or not indexes:
        return []
    states = zip(indexes, states_of(connection, indexes), strict=True)
    return [i for i, state in states if state == ChecksumState.BAD and _sound_beside(connection, i)]


def _sound_beside(connection: ConnectionFacts, bad: int) -> bool:
    """Whether enough of the nearest segments of the same end have right checksums.

    Segments with payload are compared where ``bad`` has payload, else those without.
    """
    side, carries = connection.side[bad], bool(connection.length[bad])
    around = range(max(0, bad - AROUND), min(connection.count, bad + AROUND))
    others = [i for i in around if connection.side[i] == side and i != bad and bool(connection.length[i]) == carries]
    near = sorted(others, key=lambda i: abs(i - bad))[:TRIED]
    return sum(_state(connection, i) == ChecksumState.GOOD for i in near) >= min(SOUND, len(near)) > 0


RULES: Final = ((SUSPECT, checksum_error),)
