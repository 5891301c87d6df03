"""`tls-truncated`: an end closed in the middle of a TLS record (rules/findings.md).

A FIN without close_notify is ordinary: many programs close so, and the other end knows by the protocol inside whether
it has everything.  A record that is cut cannot be read at all, whatever is inside.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http_facts import first_end, index_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import FIN
from tcptui.protocols.tls.codes import ContentType
from tcptui.protocols.tls.records import Record, RecordReader

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.conversation import TlsConversation

#: Records of one direction that are counted to its end; of a longer one nothing is said.
_RECORDS: Final = 20_000
_SHAPES: Final = {ContentType.APPLICATION_DATA: "data", ContentType.HANDSHAKE: "handshake"}


def tls_truncated(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """An end's FIN stands inside a record of its own, and the other end had not ended the connection before."""
    for side in (0, 1):
        direction, end = conversation.directions[side], first_end(connection, side)
        if end < 0 or not connection.flags[end] & FIN or direction.segments.fin < 0:
            continue
        if 0 <= first_end(connection, 1 - side) < end:
            continue  # nobody waited for the rest
        last = _last_record(conversation, side)
        if last is None or last.stop <= direction.length:
            continue
        frame = direction.delivered_frame(last.start)
        return connection.finding(
            FindingId.TLS_TRUNCATED, [index_of(connection, frame), end], Severity.WARNING, Confidence.CERTAIN,
            ("tls-writer-ended", "tls-cut-by-proxy", "tls-cut-by-stranger"),
            shape=_SHAPES.get(ContentType(last.content_type), "data"), sender=SIDES[side], other=SIDES[1 - side],
            announced=last.length, arrived=max(direction.length - last.body, 0), missing=last.stop - direction.length,
            record_frame=frame, fin_frame=connection.frame[end],
        )  # fmt: skip
    return None


def _last_record(conversation: TlsConversation, side: int) -> Record | None:
    """The record with which a direction ends; None where its records could not be followed to there.

    Missing bytes inside a record hide nothing: its header, and those behind it, tell where it ends.
    """
    records, direction = conversation.records[side], conversation.directions[side]
    later: list[Record] = []
    if records.limited:
        later = list(islice(RecordReader(direction, records.each[-1].stop).each(), _RECORDS))
        if len(later) == _RECORDS:
            return None
    each = [*records.each, *later]
    if not each or (each[0].resumed and len(direction.gaps)):
        return None
    return each[-1] if all(before.stop == after.start for before, after in pairwise(each)) else None
