"""What several rules about TLS need of a connection's messages."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import first_end, quoted
from tcptui.protocols.tls.certificate import Certificate, names_host, time_of
from tcptui.protocols.tls.codes import Handshake
from tcptui.protocols.tls.message import is_hello_retry, read_message
from tcptui.protocols.tls.prefilter import CLIENT_LITTLE, SERVER_LITTLE
from tcptui.protocols.tls.records import HEADER as RECORD_HEADER

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.handshake import Message
    from tcptui.protocols.tls.lines import Line

#: Most characters of a certificate's names that a sentence quotes.
HOSTS_QUOTED: Final = 60
#: A certificate that is valid only after this time was not made ahead: the capture's clock is wrong.
NOT_YET_MOST: Final = timedelta(days=366)


def first_message(conversation: TlsConversation, side: int, kind: Handshake) -> Message | None:
    """The first message of that kind that ``side`` sent; None without one."""
    return next((one for one in conversation.messages[side].each if one.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Flight:
    """Bytes ``start … stop`` of the server's direction: its hello, and what it sent before the client answered."""

    start: int
    stop: int


def settling_hellos(conversation: TlsConversation) -> tuple[Message, Message] | None:
    """The ServerHello that settles the handshake and, before it, the ClientHello that it answers; None without both."""
    answers = [
        one for one in conversation.messages[conversation.server_side].each if one.kind == Handshake.SERVER_HELLO
    ]
    answer = next((one for one in answers if one.complete and not is_hello_retry(one)), None)
    asked = [
        one for one in conversation.messages[1 - conversation.server_side].each if one.kind == Handshake.CLIENT_HELLO
    ]
    hello = asked[min(len(asked), 2) - 1 if answer is not None and answer is not answers[0] else 0] if asked else None
    return None if answer is None or hello is None or not hello.complete else (hello, answer)


def server_flight(conversation: TlsConversation) -> Flight | None:
    """The server's first flight; None where its hello, or the client's answer to all of it, was not captured."""
    hellos = settling_hellos(conversation)
    if hellos is None:
        return None
    client, server = (
        conversation.directions[1 - conversation.server_side],
        conversation.directions[conversation.server_side],
    )
    begun_ns = server.delivered_ns(hellos[1].stop - 1)
    answers = (
        one.start for one in conversation.records[1 - conversation.server_side].each if one.start >= hellos[0].stop
    )
    answered_ns = next((at_ns for start in answers if (at_ns := client.first_ns(start)) > begun_ns), 0)
    own = (
        one
        for one in conversation.records[conversation.server_side].each
        if one.start >= hellos[1].start - RECORD_HEADER
    )
    ended = [one.stop for one in own if server.delivered_ns(one.stop - 1) < answered_ns]
    return Flight(hellos[1].start, max(ended)) if ended else None


def sent_no_certificate(conversation: TlsConversation) -> bool:
    """Whether the server asked for a certificate, and the client answered with an empty list (RFC 5246, 7.4.6)."""
    wanted = any(
        one.kind == Handshake.CERTIFICATE_REQUEST for one in conversation.messages[conversation.server_side].each
    )
    chains = [
        read_message(one, version=conversation.version).numbers("handshake.certificates_length")
        for one in conversation.messages[1 - conversation.server_side].each
        if one.kind == Handshake.CERTIFICATE
    ]
    return wanted and [0] in chains


def may_outgrow(connection: ConnectionFacts, conversation: TlsConversation) -> bool:
    """Whether it is read unasked because its ends said little (`protocols.tls.prefilter`), and may say more."""
    hello = first_message(conversation, 1 - conversation.server_side, Handshake.CLIENT_HELLO)
    server, client = (
        conversation.directions[conversation.server_side].length,
        conversation.directions[1 - conversation.server_side].length,
    )
    is_short = server <= SERVER_LITTLE or client <= CLIENT_LITTLE + (0 if hello is None else hello.stop)
    return is_short and max(first_end(connection, 0), first_end(connection, 1)) < 0


def frame_of(conversation: TlsConversation, side: int, kind: Handshake) -> int:
    """The frame that completed the first message of that kind; 0 without one."""
    message = first_message(conversation, side, kind)
    return 0 if message is None else conversation.directions[side].delivered_frame(message.stop - 1)


def server_certificate(conversation: TlsConversation) -> Certificate | None:
    """The server's own certificate, the first of its chain; None where none is in plain sight."""
    message = first_message(conversation, conversation.server_side, Handshake.CERTIFICATE)
    chain = (
        [] if message is None else read_message(message, version=conversation.version).bytes_of("handshake.certificate")
    )
    return Certificate(chain[0]) if chain else None


def requested_host(hello: Line | None) -> str:
    """The host that the client asked for, as a sentence quotes it; empty without a server name."""
    return quoted(_server_name(hello))


def _server_name(hello: Line | None) -> str:
    return "" if hello is None else next(iter(hello.texts("handshake.extensions_server_name")), "")


def out_of_date(certificate: Certificate, at_ns: int) -> dict[str, int | float | str]:
    """Shape and facts of a certificate that was not valid at that time; empty where it was.  Raises DerError."""
    now = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC)
    since, until = map(time_of, certificate.validity)
    if until < now:
        return {"shape": "expired", "until": _date_text(until), "now": _date_text(now)}
    if now < since <= now + NOT_YET_MOST:
        return {"shape": "not-yet", "since": _date_text(since), "now": _date_text(now)}
    return {}


def _date_text(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def other_hosts(certificate: Certificate, hello: Line | None) -> str:
    """The names of a certificate that has none for the host that the client asked for; empty of any other.

    An address as a server name (RFC 6066, 3, forbids it) tells nothing.  Raises DerError.
    """
    asked, hosts = _server_name(hello), certificate.hosts
    if not asked or _is_address(asked) or any(names_host(host, asked) for host in hosts):
        return ""
    return quoted(", ".join(hosts), HOSTS_QUOTED)


def unasked_hosts(certificate: Certificate, hello: Line | None, address: str) -> str:
    """The names of a certificate that was sent to a client that asked for none, and has not the server's address.

    Empty of any other.  Raises DerError.
    """
    if hello is None or _server_name(hello):
        return ""
    hosts = certificate.hosts
    return "" if address in hosts else quoted(", ".join(hosts), HOSTS_QUOTED)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
