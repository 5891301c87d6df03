"""Two versions of the same bytes: equal sequence numbers, other content (rules/findings.md#content-conflict)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.path_distance import from_other_distance
from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import FRAGMENTS_DIFFER, SUSPECT
from tcptui.findings.rules.capture_gaps import several_numberings
from tcptui.findings.rules.checksum import states_of
from tcptui.model.batched import NotBatchableError, in_columns, nothing_but_of_one, places_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.packet_store import DecodeIssue
from tcptui.protocols.stream.reassembly import GapReason
from tcptui.protocols.stream.wrong_sums import repeated
from tcptui.wire.checksum import ChecksumState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView
    from tcptui.findings.facts import ReadBytes, ReadPayloads
    from tcptui.model.packet_store import I32
    from tcptui.protocols.stream.reassembly import ByteStream, Overlap

#: Conflicts of a connection whose packets are looked at one by one.
_LOOKED_AT: Final = 32
#: No sender repeats a segment later than this (Linux: tcp_retries2, some 924 s).
REPEATED_NS: Final = 1_000_000_000_000
#: Comparisons up to which each segment is compared with each earlier one.
_FEW: Final = 4_096
#: Pairs of segments that are read at once.
_AT_ONCE: Final = 256
_UNREAD: Final = int(
    DecodeIssue.HEADER_CUT | DecodeIssue.BAD_OPTIONS | DecodeIssue.BAD_HEADER_LENGTH | DecodeIssue.MALFORMED
)
_SURE: Final = frozenset((ChecksumState.GOOD, ChecksumState.OFFLOADED))
_CAUSES: Final = ("injected-data", "rewriting-box", "sender-changed-data")
_UNCHECKED: Final = ("damaged-unseen", "injected-data", "rewriting-box", "sender-changed-data")
_PATCHED: Final = ("edited-capture", "injected-data", "rewriting-box", "sender-changed-data")


class _Conflict(NamedTuple):
    """Two segments of ``side`` that carry different bytes under the same numbers; indexes into the view."""

    side: int
    first: int
    again: int
    overlap: Overlap
    known: bool
    """Whether the checksums of both hold."""


def content_conflict(connection: ConnectionFacts) -> Finding | None:
    """`content-conflict`: a segment repeats sequence numbers with other bytes than the first one had.

    A sender keeps what it has sent until it is acknowledged, and sends that again (RFC 9293, 3.8.1): somebody else
    sent one of the two, or changed it.  A copy whose checksum is wrong is damage, and of wrong sums in all segments
    of an end nothing is known; behind several numberings the same numbers are other bytes.
    """
    read = connection.context.read_bytes
    if read is None or _all_alike(connection):
        return None
    if connection.several_initial_numbers or several_numberings(connection):
        return None
    found = nothing_but_of_one(list(map(partial(_conflicts, read), connection.view.each())))
    conflicts = _with_sums(connection, found)
    if not conflicts:
        return None
    first, again, overlap = conflicts[0].first, conflicts[0].again, conflicts[0].overlap
    view, side = connection.view, conflicts[0].side
    patched = _is_patched(connection, read, conflicts[0])
    acked = int(places_of(connection.space.acknowledged[side], int(connection.space.end[first]), side="left"))
    return connection.finding(
        FindingId.CONTENT_CONFLICT,
        [index for each in conflicts for index in (each.first, each.again)],
        Severity.NOTE if patched else Severity.ERROR,
        Confidence.POSSIBLE if patched else Confidence.CERTAIN if conflicts[0].known else Confidence.LIKELY,
        _PATCHED if patched else _CAUSES if conflicts[0].known else _UNCHECKED,
        shape="acked" if acked < again else "",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(conflicts),
        first_frame=connection.frame[first],
        again_frame=connection.frame[again],
        bytes=overlap.length,
        differing=overlap.differing,
        again_s=connection.seconds(first, again),
        ttl=int(view.ttl[first]),
        again_ttl=int(view.ttl[again]),
        other_distance=bool(from_other_distance(view.ttl[first], view.ttl[again])),
    )


def _is_patched(connection: ConnectionFacts, read: ReadBytes, conflict: _Conflict) -> bool:
    """Whether nobody knows which numbers belong together: in a stream with holes that began before the capture.

    So it is where more bytes are missing than there are, and where the second version comes when no sender would
    repeat anything: packets of several connections, perhaps.
    """
    if connection.time[conflict.again] - connection.time[conflict.first] > REPEATED_NS:
        return True
    lacking = [(_uncaptured(direction), direction.length) for direction in read(connection.view) or ()]
    if connection.mid_stream and any(missing for missing, _ in lacking):
        return True
    return any(2 * missing > length for missing, length in lacking)


def _uncaptured(direction: ByteStream) -> int:
    """How many bytes of ``direction`` no segment carried; what the snaplen cut off is none of them."""
    gaps = direction.gaps
    lacks = gaps.reason != GapReason.TRUNCATED.value
    return int((gaps.stop[lacks] - gaps.start[lacks]).sum())


def _conflicts(read: ReadBytes, view: StreamView) -> list[tuple[int, Overlap]]:
    """The differing copies of each side, in the order of their packets, those that are damaged left out."""
    directions = read(view) or ()
    found = [(d.side, overlap) for d in directions for overlap in d.overlaps if not overlap.damaged]
    return sorted(found, key=lambda each: max(each[1].first_frame, each[1].again_frame))


def _all_alike(connection: ConnectionFacts) -> bool:
    """Whether all segments that repeat others repeat them whole, with the same bytes: quick, and mostly so.

    Each segment with numbers that passed before is among the resends; those of one byte are left out.
    """
    pairs, others = list[tuple[int, int]](), list[int]()
    for resend in connection.resends:
        index, previous = resend.index, resend.previous
        if connection.length[index] < 2:
            continue
        if previous >= 0 and connection.length[previous] == connection.length[index]:
            pairs.append((previous, index))
        else:
            others.append(index)
    return not _meet(connection, others) and _equal(connection, pairs)


def _meet(connection: ConnectionFacts, others: list[int]) -> bool:
    """Whether any of the segments ``others`` has a byte that an earlier segment of its end had."""
    if not others:
        return False
    space, side, length = connection.space, connection.side, connection.length
    if len(others) * connection.count <= _FEW:
        return any(
            side[j] == side[i] and length[j] and space.seq[j] < space.end[i] and space.end[j] > space.seq[i]
            for i in others
            for j in range(i)
        )
    if len(connection.view.streams) > 1:
        raise NotBatchableError
    for one in (0, 1):
        carries = np.flatnonzero((connection.view.length > 0) & (connection.view.from_server == bool(one)))
        starts = np.asarray(space.seq[carries], np.int64)
        several = carries[repeated(starts, starts + connection.view.length[carries])]
        if np.isin(several, others).any():
            return True
    return False


def _equal(connection: ConnectionFacts, pairs: list[tuple[int, int]]) -> bool:
    """Whether the two segments of each of ``pairs`` have the same payload, as far as it was captured."""
    read, rows = connection.context.read_payloads, connection.view.rows
    if read is None or not pairs:
        return True
    if len(connection.view.streams) > 1:
        return not any(in_columns(partial(_unlike, read), rows.item(one), rows.item(two)) for one, two in pairs)
    places = np.array(pairs)
    return not any(
        _unlike(read, rows[part[:, 0]], rows[part[:, 1]]).any()
        for part in np.split(places, range(_AT_ONCE, len(places), _AT_ONCE))
    )


def _unlike(read: ReadPayloads, rows: I32, others: I32) -> NDArray[np.bool_]:
    """Whether the payloads of each of ``rows`` and of ``others`` differ where both were captured."""
    order = np.argsort(both := np.concatenate((rows, others)), kind="stable")
    found = dict(zip(order.tolist(), read(both[order].astype(np.int32)), strict=True))
    count = len(rows)
    sizes = [min(len(found[at]), len(found[at + count])) for at in range(count)]
    return np.array([found[at][:size] != found[at + count][:size] for at, size in enumerate(sizes)])


def _with_sums(connection: ConnectionFacts, found: list[tuple[int, Overlap]]) -> list[_Conflict]:
    """Those of ``found`` of whose segments no checksum is wrong."""
    view, conflicts = connection.view, list[_Conflict]()
    for side, overlap in found[:_LOOKED_AT]:
        frames = sorted((overlap.first_frame, overlap.again_frame))
        first, again = np.searchsorted(view.frame, np.array(frames, view.frame.dtype)).tolist()
        states = states_of(connection, [first, again])
        if ChecksumState.BAD not in states and not int(view.issues[first] | view.issues[again]) & _UNREAD:
            conflicts.append(_Conflict(side, first, again, overlap, _SURE.issuperset(states)))
    return conflicts


def fragments_conflict(connection: ConnectionFacts) -> Finding | None:
    """`content-conflict`, shape ``fragments``: IP fragments that overlap have different bytes there (RFC 5722)."""
    at = [int(i) for i in np.flatnonzero(connection.view.issues & np.uint16(DecodeIssue.FRAGMENTS_DIFFER))]
    if not at:
        return None
    side = connection.side[at[0]]
    return connection.finding(
        FindingId.CONTENT_CONFLICT,
        at,
        Severity.ERROR,
        Confidence.CERTAIN,
        ("injected-data", "rewriting-box"),
        shape="fragments",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(at),
        first_frame=connection.frame[at[0]],
        again_frame=connection.frame[at[0]],
        bytes=connection.length[at[0]],
    )


RULES: Final = ((FRAGMENTS_DIFFER, fragments_conflict), (SUSPECT, content_conflict))
