"""`tls-plain-text`: one end speaks TLS, the other does not (rules/findings.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of, quoted
from tcptui.findings.spoken import ANSWERS, REQUESTS, first_line, heads_of, spoken
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.tls.codes import Handshake, name_of
from tcptui.protocols.tls.records import HEADER, is_header, is_lone_alert

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.conversation import TlsConversation

#: Bytes of the plain end's first line that must be text.
_LINE: Final = 64
#: What servers for HTTP write in answer to a plain request: nginx, Apache, Go, Tomcat.
_SAY_SO: Final = re.compile(
    rb"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server port"
    rb"|sent an HTTP request to an HTTPS server|This combination of host and port requires TLS"
)
_REFUSED: Final = re.compile(rb"HTTP/1\.[01] 4\d\d")


def tls_plain_text(connection: ConnectionFacts, conversation: TlsConversation | None) -> Finding | None:
    """A ClientHello that plain text answers, or plain text that a server answers with an alert of TLS or says so.

    ``conversation``: the connection as TLS; None where its client does not speak it.
    """
    known = heads_of(connection)
    if known is None:
        return None
    directions, heads = known
    if conversation is None:
        return _to_tls(connection, directions, heads)
    from tcptui.findings.tls_facts import first_message  # with what reads certificates

    hello = first_message(conversation, 1 - conversation.server_side, Handshake.CLIENT_HELLO)
    if hello is None or not hello.complete or hello.start != HEADER or conversation.server_side == 0:
        return None
    return _to_plain(connection, directions, heads[1], hello.stop)


def _to_plain(
    connection: ConnectionFacts, directions: tuple[ByteStream, ByteStream], answer: bytes, stop: int
) -> Finding | None:
    """A ClientHello of ``stop`` bytes, to which a server answers in plain text."""
    protocol = spoken(ANSWERS, answer)
    if not answer or is_header(answer[:HEADER]) or not (protocol or _is_text(answer)):
        return None
    hello_frame, answer_frame = directions[0].delivered_frame(stop - 1), directions[1].delivered_frame(0)
    greets = directions[1].first_ns(0) < directions[0].first_ns(0)
    return connection.finding(
        FindingId.TLS_PLAIN_TEXT,
        [index_of(connection, hello_frame), index_of(connection, answer_frame)],
        Severity.WARNING,
        Confidence.CERTAIN,
        (),
        shape="greeted" if greets else "answered",
        protocol=protocol or "ASCII",
        line=quoted(first_line(answer)),
        hello_frame=hello_frame,
        answer_frame=answer_frame,
        port=connection.view.server.port,
    )


def _to_tls(
    connection: ConnectionFacts, directions: tuple[ByteStream, ByteStream], heads: tuple[bytes, bytes]
) -> Finding | None:
    """A request in plain text, to which a server of TLS answers."""
    protocol = spoken(REQUESTS, heads[0])
    if not protocol or directions[0].first_ns(0) > directions[1].first_ns(0):
        return None
    facts: dict[str, int | float | str]
    if is_lone_alert(heads[1]):
        facts = {"shape": "alert", "alert": name_of("tls.alert_message.desc", heads[1][6]) or "?", "code": heads[1][6]}
    elif _REFUSED.match(heads[1]) and (says := _SAY_SO.search(heads[1])):
        facts = {"shape": "told", "line": quoted(says[0].decode("ascii"), _LINE)}
    else:
        return None
    asked_frame, answer_frame = directions[0].delivered_frame(0), directions[1].delivered_frame(0)
    return connection.finding(
        FindingId.TLS_PLAIN_TEXT,
        [index_of(connection, asked_frame), index_of(connection, answer_frame)],
        Severity.WARNING,
        Confidence.CERTAIN,
        (),
        protocol=protocol,
        asked_frame=asked_frame,
        answer_frame=answer_frame,
        port=connection.view.server.port,
        **facts,
    )


def _is_text(head: bytes) -> bool:
    """Whether it begins with a line of text."""
    line = head[:_LINE].partition(b"\n")[0].rstrip(b"\r")
    return len(line) > 3 and all(0x20 <= byte < 0x7F or byte == 0x09 for byte in line)
