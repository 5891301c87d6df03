"""`tls-resumption-refused`: the client offered an earlier session, and the server began anew (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of
from tcptui.findings.tls_facts import server_flight, settling_hellos
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.tls.codes import TLS_1_3, Extension, Handshake
from tcptui.protocols.tls.message import read_message

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.lines import Line

_AGE: Final = "handshake.extensions.psk.identity.obfuscated_ticket_age"


def tls_resumption_refused(connection: ConnectionFacts, conversation: TlsConversation) -> Finding | None:
    """A ticket or session ID in the ClientHello, and a ServerHello that takes none of them."""
    hellos, flight = settling_hellos(conversation), server_flight(conversation)
    if hellos is None or flight is None or conversation.version is None or conversation.is_resumed:
        return None
    asked, answered = hellos
    hello = read_message(asked)
    shape = _offered(hello)
    if not shape or (conversation.version != TLS_1_3 and not _certified(conversation)):
        return None
    client, server = (
        conversation.directions[1 - conversation.server_side],
        conversation.directions[conversation.server_side],
    )
    frames = client.delivered_frame(asked.stop - 1), server.delivered_frame(answered.stop - 1)
    return connection.finding(
        FindingId.TLS_RESUMPTION_REFUSED, [index_of(connection, frame) for frame in frames], Severity.NOTE,
        Confidence.CERTAIN, ("tls-session-keys", "tls-session-old", "tls-session-unlike"),
        shape=f"{shape}-{'13' if conversation.version == TLS_1_3 else '12'}", hello_frame=frames[0],
        answer_frame=frames[1], flight_bytes=flight.stop - flight.start,
    )  # fmt: skip


def _offered(hello: Line) -> str:
    """With what the client asks for an earlier session: a ticket, with early data or not, or an ID; empty: with none.

    A pre-shared key without an age was agreed upon elsewhere (RFC 8446, 4.2.11).  Clients of TLS 1.3 fill the
    session ID with random bytes (D.4), and so do those of TLS 1.2 that send a ticket (RFC 5077, 3.4).
    """
    kinds = hello.numbers("handshake.extension.type")
    if any(hello.numbers(_AGE)):
        return "early" if Extension.EARLY_DATA in kinds else "ticket"
    if any(line.value == Extension.SESSION_TICKET and line.numbers("handshake.extension.len") > [0]
           for line in hello.walk() if not line.field and line.label.startswith("Extension: ")):  # fmt: skip
        return "ticket"
    offers_13 = TLS_1_3 in hello.numbers("handshake.extensions.supported_version")
    return "id" if hello.bytes_of("handshake.session_id") and not offers_13 else ""


def _certified(conversation: TlsConversation) -> bool:
    """Whether the server sent what only a full handshake has."""
    full = (Handshake.CERTIFICATE, Handshake.SERVER_KEY_EXCHANGE)
    return any(one.kind in full for one in conversation.messages[conversation.server_side].each)
