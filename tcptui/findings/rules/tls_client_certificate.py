"""`tls-client-certificate`: the server asked for the client's certificate, and got none (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import first_end, index_of
from tcptui.findings.tls_facts import first_message, sent_no_certificate
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.tls.codes import ContentType, Handshake

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.conversation import TlsConversation

_AFTER_CERTIFICATE: Final = (ContentType.CHANGE_CIPHER_SPEC, ContentType.APPLICATION_DATA)


def tls_client_certificate(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """A CertificateRequest, and an empty list as the answer, to which no alert was sent."""
    server, client = conversation.server_side, 1 - conversation.server_side
    wanted = first_message(conversation, server, Handshake.CERTIFICATE_REQUEST)
    given = first_message(conversation, client, Handshake.CERTIFICATE)
    if wanted is None or given is None or not sent_no_certificate(conversation):
        return None
    frames = {
        "request_frame": conversation.directions[server].delivered_frame(wanted.stop - 1),
        "answer_frame": conversation.directions[client].delivered_frame(given.stop - 1),
    }
    evidence = [index_of(connection, frame) for frame in frames.values()]
    end, theirs = first_end(connection, server), first_end(connection, client)
    # A server that finishes the handshake takes the client without a certificate.
    goes_on = any(one.content_type in _AFTER_CERTIFICATE for one in conversation.records[server].each)
    if (
        end < 0
        or 0 <= theirs < end
        or goes_on
        or conversation.records[server].limited
        or len(conversation.directions[server].gaps)
    ):
        return connection.finding(
            FindingId.TLS_CLIENT_CERTIFICATE, evidence, Severity.NOTE, Confidence.CERTAIN, (), shape="none", **frames
        )
    return connection.finding(
        FindingId.TLS_CLIENT_CERTIFICATE, [*evidence, end], Severity.WARNING, Confidence.LIKELY,
        ("tls-name-unknown", "tls-program-died"), shape="none-closed", end_frame=connection.frame[end], **frames,
    )  # fmt: skip
