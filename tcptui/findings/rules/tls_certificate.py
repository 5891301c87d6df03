"""`tls-certificate`: a certificate that is not valid for this host and day, in a handshake without an alert.

Only until TLS 1.2, where certificates are in plain sight, or with keys.  Where an alert refuses it, `tls-alert` says
so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import first_end, index_of
from tcptui.findings.tls_facts import (
    frame_of,
    other_hosts,
    out_of_date,
    requested_host,
    server_certificate,
    unasked_hosts,
)
from tcptui.model.batched import integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.tls.codes import ContentType, Handshake
from tcptui.protocols.tls.der import DerError

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.certificate import Certificate
    from tcptui.protocols.tls.conversation import TlsConversation

_FATAL: Final = 2


def tls_certificate(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """The server's certificate is out of date, or for another host than the one asked for, and no alert says so."""
    certificate = server_certificate(conversation)
    frame = frame_of(conversation, conversation.server_side, Handshake.CERTIFICATE)
    if certificate is None or not frame or _has_fatal_alert(conversation):
        return None
    shown = index_of(connection, frame)
    try:
        facts = _faults(certificate, conversation, connection, connection.time[shown])
    except DerError:
        return None
    if not facts:
        return None
    end = _left_at(connection, conversation)
    if end >= 0 and not _had_received(connection, conversation, shown, end):
        end = -1
    if end < 0 and facts["shape"] == "no-name":
        return None  # many clients that connect to an address want no name
    if end < 0:
        return connection.finding(
            FindingId.TLS_CERTIFICATE, [shown], Severity.NOTE, Confidence.CERTAIN, (),
            certificate_frame=frame, **facts,
        )  # fmt: skip
    before = frame_of(conversation, 1 - conversation.server_side, Handshake.CLIENT_KEY_EXCHANGE) == 0
    # Monitors connect to addresses, and most of them complete the handshake before they leave.
    severity = Severity.NOTE if facts["shape"] == "no-name" and not before else Severity.WARNING
    facts["shape"] = f"{facts['shape']}-left"
    return connection.finding(
        FindingId.TLS_CERTIFICATE, [shown, end], severity,
        # It may have wanted to see the certificate and no more.
        Confidence.LIKELY if before else Confidence.POSSIBLE,
        ("tls-monitor",), certificate_frame=frame, end_frame=connection.frame[end], **facts,
    )  # fmt: skip


def _faults(
    certificate: Certificate, conversation: TlsConversation, connection: ConnectionFacts, at_ns: int
) -> dict[str, int | float | str]:
    """What is wrong with the certificate; empty where nothing is that can be seen.  Raises DerError."""
    facts = out_of_date(certificate, at_ns)
    if not facts and (hosts := other_hosts(certificate, conversation.client_hello)):
        facts = {"shape": "host", "asked": requested_host(conversation.client_hello), "hosts": hosts}
    if not facts and (hosts := unasked_hosts(certificate, conversation.client_hello, connection.view.server.host)):
        facts = {"shape": "no-name", "hosts": hosts}
    return facts


def _has_fatal_alert(conversation: TlsConversation) -> bool:
    """Whether either end sent a fatal alert in plain sight."""
    return any(
        (alert := conversation.alert(side, index)) is not None and alert[0] == _FATAL
        for side, records in enumerate(conversation.records)
        for index in range(len(records.each))
    )


def _left_at(connection: ConnectionFacts, conversation: TlsConversation) -> int:
    """Index of the packet with which the client left first, having sent no application data; -1 where it did not.

    A client that was not captured whole may have sent some.
    """
    client = 1 - conversation.server_side
    records = conversation.records[client]
    sent = any(one.content_type == ContentType.APPLICATION_DATA for one in records.each) or records.limited
    if sent or len(conversation.directions[client].gaps):
        return -1
    ours, theirs = (
        _farewell(connection, conversation, client),
        _farewell(connection, conversation, conversation.server_side),
    )
    return ours if ours >= 0 and (theirs < 0 or ours < theirs) else -1


def _had_received(connection: ConnectionFacts, conversation: TlsConversation, shown: int, end: int) -> bool:
    """Whether the client had the certificate, whose last byte is in segment ``shown``, when it sent segment ``end``.

    Its acknowledgment says so, at the latest that of ``end``; a RST without one says nothing.
    """
    side = conversation.server_side
    return end > shown and integer(connection.space.acknowledged[side][end]) >= integer(connection.space.end[shown])


def _farewell(connection: ConnectionFacts, conversation: TlsConversation, side: int) -> int:
    """Index of the first packet with which ``side`` ended: FIN, RST, or an alert, be it encrypted; -1 for none."""
    direction = conversation.directions[side]
    alerts = [one for one in conversation.records[side].each if one.content_type == ContentType.ALERT]
    said_so = [index_of(connection, direction.delivered_frame(one.stop - 1)) for one in alerts[:1]]
    return min((at for at in (*said_so, first_end(connection, side)) if at >= 0), default=-1)
