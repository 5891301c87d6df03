"""`protocol-mismatch`: a client that speaks another protocol than the server that answers (rules/findings.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of, quoted
from tcptui.findings.spoken import ANSWERS, DATABASE_REQUESTS, REQUESTS, first_line, heads_of, spoken
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.registry import DATABASE_NAMES
from tcptui.protocols.tls.codes import name_of
from tcptui.protocols.tls.records import ALERT, HEADER, is_header, is_lone_alert

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.stream.reassembly import ByteStream

_DATABASES: Final = frozenset(DATABASE_NAMES.values())
#: Redis says so where a command's lengths are wrong, as those of other protocols are.
_PROTOCOL_ERROR: Final = b"-ERR Protocol error"
#: Bytes that clients of Redis may begin with: a command.
_REDIS: Final = "Redis"
_LINE: Final = 80
#: How the header of the PROXY protocol begins, in either version (haproxy.org, proxy-protocol.txt).
_PROXY: Final = re.compile(rb"PROXY (?:TCP4|TCP6|UNKNOWN)[ \r]|\r\n\r\n\x00\r\nQUIT\n")
_BAD_REQUEST: Final = re.compile(rb"HTTP/1\.[01] 400[ \r]")
#: What a server of HTTP/2 begins with (RFC 9113, 3.4): SETTINGS, no flags, stream 0, a multiple of six bytes that begin
#: with the number of a setting; behind none, another frame of the whole connection.
_SETTINGS: Final = re.compile(
    rb"\x00\x00(?:[\x06\x0c\x12\x18\x1e$*0]\x04\x00{5}\x00[\x01-\x09]"
    rb"|\x00\x04\x00{5}\x00..[\x04\x06\x07\x08].\x00{4})",
    re.DOTALL,
)

#: Bytes of HTTP/2's preface that say which protocol a client means, though the rest may be damaged or missing.
_PREFACE_BEGINS: Final = len(b"PRI * HTTP")


def protocol_mismatch(connection: ConnectionFacts) -> Finding | None:
    """`protocol-mismatch`: each end begins in a protocol of its own; shape ``garbled``: Redis says so.

    Shapes ``alert`` (TLS), ``http2``: the server answers in that protocol what is none of it; ``proxy``: it answers a
    header of the PROXY protocol with an error.
    """
    known = heads_of(connection)
    if known is None or not all(known[1]):
        return None
    if (answered := _answered_in_its_own(connection, *known)) is not None:
        return answered
    directions, heads = known
    server = spoken(ANSWERS, heads[1])
    client = spoken((*REQUESTS, *DATABASE_REQUESTS), heads[0])
    is_garbled = heads[1].startswith(_PROTOCOL_ERROR) and client in ("", _REDIS)
    if not is_garbled and (server not in _DATABASES or not client or client == server):
        return None
    asked_frame, answer_frame = directions[0].delivered_frame(0), directions[1].delivered_frame(0)
    return connection.finding(
        FindingId.PROTOCOL_MISMATCH,
        [index_of(connection, asked_frame), index_of(connection, answer_frame)],
        Severity.WARNING,
        Confidence.CERTAIN,
        (),
        shape="garbled" if is_garbled else "",
        client_protocol=client or "?",
        server_protocol=server,
        line=quoted(first_line(heads[1]), _LINE),
        asked_frame=asked_frame,
        answer_frame=answer_frame,
        port=connection.view.server.port,
    )


def _answered_in_its_own(
    connection: ConnectionFacts, directions: tuple[ByteStream, ByteStream], heads: tuple[bytes, bytes]
) -> Finding | None:
    """A server that answers in a protocol of its own what a client said before: ``alert``, ``http2``, ``proxy``."""
    if directions[0].first_ns(0) > directions[1].first_ns(0):
        return None
    client = spoken((*REQUESTS, *DATABASE_REQUESTS), heads[0])
    speaks_tls = is_header(heads[0][:HEADER])
    proxied, alert, settings = _PROXY.match(heads[0]), is_lone_alert(heads[1]), _SETTINGS.match(heads[1])
    facts: dict[str, Fact]
    if proxied and (alert or _BAD_REQUEST.match(heads[1])):
        version = 1 if heads[0].startswith(b"PROXY") else 2
        facts = {"shape": "proxy", "version": version, "line": "TLS" if alert else _line(heads[1])}
    elif alert and not speaks_tls and not spoken(REQUESTS, heads[0]):
        description = name_of("tls.alert_message.desc", heads[1][ALERT - 1]) or "?"
        facts = {"shape": "alert", "alert": description, "client_protocol": client or "?", "server_protocol": "TLS"}
    elif settings and not heads[0].startswith(PREFACE[: min(len(heads[0]), _PREFACE_BEGINS)]):
        client = "TLS" if speaks_tls else "HTTP/1" if client == "HTTP" else client
        says = _line(heads[1])
        shape = "http2-says" if says else "http2"
        facts = {"shape": shape, "client_protocol": client or "?", "server_protocol": "HTTP/2", "line": says}
    else:
        return None
    asked_frame, answer_frame = directions[0].delivered_frame(0), directions[1].delivered_frame(0)
    sure = facts["shape"] != "proxy"
    return connection.finding(
        FindingId.PROTOCOL_MISMATCH,
        [index_of(connection, asked_frame), index_of(connection, answer_frame)],
        Severity.WARNING,
        Confidence.CERTAIN if sure else Confidence.LIKELY,
        () if sure else ("request-behind-bad",),
        asked_frame=asked_frame,
        answer_frame=answer_frame,
        port=connection.view.server.port,
        **facts,
    )


def _line(head: bytes) -> str:
    return quoted(first_line(head), _LINE)
