"""Connections whose data are inside TLS that nothing opened: no key log has their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.tls.alert_rows import HIDDEN_ALERTS
from tcptui.protocols.tls.codes import TLS_1_3, ContentType
from tcptui.protocols.tls.parse import parse_starttls, parse_tls
from tcptui.protocols.tls.server_name import asked_host

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.conversation import TlsConversation

#: Records of a direction among which its first data are looked for: a handshake has at most some twenty.
_RECORDS: Final = 32
#: Bytes of a ClientHello among which the host's name is looked for.
_HELLO: Final = 4_096


def closed_host(client: ByteStream, server: ByteStream) -> str | None:
    """The host that a connection asked for whose data nothing opened; empty where that is not known.

    None where it speaks no TLS, where its data were opened, and where none was sent.  Text from the packets, not yet
    safe to print.  Raises OSError when the spool is gone.
    """
    found = parse_tls(client, server, _RECORDS) or parse_starttls(client, server, _RECORDS)
    if found is None or found.plain is not None or not _has_data(found.conversation):
        return None
    said = found.conversation
    side = 1 - said.server_side
    return asked_host(said.directions[side].read(said.starts[side], _HELLO))


def _has_data(said: TlsConversation) -> bool:
    """Whether anything was sent behind the handshake, as far as sizes tell."""
    if said.version != TLS_1_3:
        return any(one.content_type == ContentType.APPLICATION_DATA for side in said.records for one in side.each)
    # The server's certificate, the client's Finished and the alerts of both pass for data (RFC 8446, 5.2).
    side = 1 - said.server_side
    sealed = [one for one in said.records[side].each if one.content_type == ContentType.APPLICATION_DATA]
    if not sealed and not len(said.directions[side].captured):
        return True  # of one direction alone nothing tells them apart
    return any(one.length not in HIDDEN_ALERTS for one in sealed[1:])
