"""Rules about HTTP messages of a wrong length, and about headers that a newline in a value ended too early."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http_facts import CLIENT_ERRORS, HttpFacts, first_end, index_of, quoted, target_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import RST
from tcptui.protocols.http.fault import Cut, Fault, FaultKind
from tcptui.protocols.http.message import Framing, HttpMessage
from tcptui.protocols.secrets_out import words_without_secrets

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts

#: Bytes read behind a header in search of lines that should have belonged to it.
_LOOKED_AT: Final = 4_096
_CAUSES: Final = ("program-stopped-sending", "length-counted-wrong", "proxy-changed-body")
_FIELD: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([^\r\n]*+)\r?\n")
#: Field names that are hardly ever at the beginning of a body (RFC 9110, 18.4, and other common ones).
_USUAL: Final = frozenset(
    {
        b"host", b"user-agent", b"accept", b"accept-encoding", b"accept-language", b"authorization", b"cache-control",
        b"connection", b"content-length", b"content-type", b"content-encoding", b"cookie", b"date", b"etag", b"expect",
        b"forwarded", b"if-modified-since", b"if-none-match", b"keep-alive", b"last-modified", b"location", b"origin",
        b"pragma", b"range", b"referer", b"server", b"set-cookie", b"te", b"traceparent", b"transfer-encoding",
        b"upgrade", b"vary", b"via",
    }
)  # fmt: skip


# -- a newline in a header value -------------------------------------------------------------


def injected_newline(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
    """`http-header-injected-newline`: a newline in a value ended the header early; the rest of it became body.

    Possible when a line feed alone ends the last field and the body begins like a header; likely when the
    length is wrong, too, or the other end answered 400.
    """
    for message in app.http.messages:
        direction = app.direction_of(message)
        if not message.head.complete or not message.head.headers:
            continue
        swallowed = _swallowed(direction.read(message.head.end, _LOOKED_AT))
        if swallowed is None or not app.is_whole(direction, message.start, message.head.end + swallowed[1]):
            continue
        bare = _ends_with_bare_line_feed(message)
        answer = _refusal(app, message)
        odd = _length_is_odd(message, len(swallowed[0]))
        if not bare and not (answer is not None and odd):
            continue  # a body that looks like a header, whole by its length
        return _newline_finding(connection, app, message, swallowed, answer, bare=bare, odd=odd)
    return None


def _swallowed(data: bytes) -> tuple[list[str], int] | None:
    """Names of the header lines at the beginning of ``data`` and the offset behind the empty line that ends them.

    None when ``data`` does not begin so, or when none of the names is a usual one.
    """
    names: list[str] = []
    at, usual = 0, False
    while (match := _FIELD.match(data, at)) is not None:
        usual = usual or match[1].lower() in _USUAL or match[1].lower().startswith((b"x-", b"sec-", b"access-control"))
        names.append(match[1].decode("ascii"))
        at = match.end()
    end = 2 if data.startswith(b"\r\n", at) else 1 if data.startswith(b"\n", at) else 0
    return (names, at + end) if names and usual and end else None


def _ends_with_bare_line_feed(message: HttpMessage) -> bool:
    """Whether the last field ends with LF alone while others end with CR LF."""
    lines = message.head.headers
    ends = [line.length - len(line.raw) for line in lines]
    others = [message.head.start_line_length - len(message.head.start_line), *ends[:-1]]
    return ends[-1] == 1 and 2 in others


def _length_is_odd(message: HttpMessage, swallowed: int) -> bool:
    """Whether bytes remain behind the announced body, or a body follows that the header did not announce."""
    return swallowed > 0 and (message.framing is Framing.NONE or message.fault(FaultKind.EXTRA_BYTES) is not None)


def _refusal(app: HttpFacts, message: HttpMessage) -> HttpMessage | None:
    """The 400 that answers a broken request: its own response or the next one; None without."""
    if message.from_server:
        return None
    own = message.response
    behind = [one for one in app.responses if own is None or one.number > own.number]
    candidates = [*([own] if own is not None else []), *behind[:1]]
    return next((one for one in candidates if one.head.status == 400), None)


def _newline_finding(
    connection: ConnectionFacts,
    app: HttpFacts,
    message: HttpMessage,
    swallowed: tuple[list[str], int],
    answer: HttpMessage | None,
    *,
    bare: bool,
    odd: bool,
) -> Finding:
    names, size = swallowed
    direction, head = app.direction_of(message), message.head
    last = head.headers[-1]
    newline = last.start + last.length - 1
    own = message.response
    broken_frame = index_of(connection, direction.delivered_frame(newline))
    begin_frame = index_of(connection, direction.delivered_frame(head.end))
    facts: dict[str, int | float | str] = {
        "shape": ("answered" if bare else "crlf") if answer is not None else "unanswered",
        "sender": SIDES[message.from_server],
        "field": quoted(last.name, 30),
        "line_seq": newline - message.start,
        "header_bytes": head.end - message.start,
        "first_frame": message.first_frame,
        "line_frame": connection.frame[broken_frame] if broken_frame >= 0 else message.first_frame,
        "swallowed": len(names),
        "names": quoted(", ".join(names), 60),
        "bytes": size,
        "target": target_of(message),
        "answer_frame": answer.last_frame if answer is not None else 0,
        "first_status": _status(own) if own is not None else "–",
        "software": quoted(answer.head.value("Server"), 30) or "?" if answer is not None else "–",
    }
    evidence = [index_of(connection, message.first_frame), broken_frame, begin_frame]
    evidence += [index_of(connection, one.first_frame) for one in (own, answer) if one is not None]
    return connection.finding(
        FindingId.HTTP_HEADER_INJECTED_NEWLINE,
        evidence,
        Severity.WARNING,
        Confidence.LIKELY if odd or answer is not None else Confidence.POSSIBLE,
        ("body-looks-like-header", "newline-added-on-the-way"),
        **facts,
    )


# -- lengths ---------------------------------------------------------------------------------


def length_mismatch(connection: ConnectionFacts, app: HttpFacts, newline: Finding | None) -> Finding | None:
    """`http-length-mismatch`: a body is shorter or longer than announced, or lacks its last chunk.

    No finding where the receiver closed before the body was complete, or had refused it: it did not want the rest.
    """
    for message in app.http.messages:
        if not message.complete or message.fault(FaultKind.EXTRA_BYTES) is not None:
            finding = _short(connection, app, message) or _long(connection, app, message, newline)
            if finding is not None:
                return finding
    return None


def _short(connection: ConnectionFacts, app: HttpFacts, message: HttpMessage) -> Finding | None:
    fault = message.fault(FaultKind.BODY_CUT)
    direction, side = app.direction_of(message), int(message.from_server)
    if fault is None or fault.cut is not Cut.CLOSED or message.framing not in (Framing.LENGTH, Framing.CHUNKED):
        return None
    closed, gave_up = first_end(connection, side), first_end(connection, 1 - side)
    if closed < 0 or 0 <= gave_up < closed or not app.is_whole(direction, message.start, direction.length):
        return None
    if message.from_server and (message.request is None or message.request.head.method == "HEAD"):
        return None
    if _is_unwanted(connection, message, closed):
        return None
    chunked = message.framing is Framing.CHUNKED
    delivered = message.body_length if chunked else direction.length - message.body_start
    return _mismatch(
        connection,
        message,
        "chunks" if chunked else "short",
        delivered=delivered,
        off=0 if chunked else message.body_length - delivered,
        last_frame=direction.delivered_frame(max(direction.length - 1, 0)),
        close=closed,
    )


def _is_unwanted(connection: ConnectionFacts, message: HttpMessage, closed: int) -> bool:
    """Whether a request was answered before its client closed, so that the rest of its body was not to be sent.

    After an error (RFC 9112, 9.3), and after any answer to a client that had asked before (RFC 9110, 10.1.1).
    """
    answer = message.response
    if answer is None or index_of(connection, answer.first_frame) > closed:
        return False
    asked = message.head.value("Expect").strip().lower() == "100-continue" and not message.interim
    return asked or answer.head.status >= CLIENT_ERRORS


def _long(connection: ConnectionFacts, app: HttpFacts, message: HttpMessage, newline: Finding | None) -> Finding | None:
    fault = message.fault(FaultKind.EXTRA_BYTES)
    direction = app.direction_of(message)
    # The finding about a newline explains its length; empty lines between messages are harmless (RFC 9112, 2.2).
    if fault is None or newline is not None or message.framing is not Framing.LENGTH:
        return None
    if message.from_server and (message.request is None or message.request.head.method == "HEAD"):
        return None
    if not direction.read(fault.offset, 64).strip(b"\r\n") or not app.is_whole(direction, message.start, _stop(fault)):
        return None
    return _mismatch(
        connection,
        message,
        "long",
        delivered=message.body_length + fault.length,
        off=fault.length,
        last_frame=direction.delivered_frame(_stop(fault) - 1),
        close=first_end(connection, int(message.from_server)),
    )


def _stop(fault: Fault) -> int:
    return fault.offset + fault.length


def _mismatch(
    connection: ConnectionFacts,
    message: HttpMessage,
    shape: str,
    *,
    delivered: int,
    off: int,
    last_frame: int,
    close: int,
) -> Finding:
    request = message.request if message.from_server else message
    evidence = [index_of(connection, message.first_frame), index_of(connection, last_frame), close]
    if request is not None:
        evidence.append(index_of(connection, request.first_frame))
    reset = close >= 0 and connection.flags[close] & RST
    return connection.finding(
        FindingId.HTTP_LENGTH_MISMATCH,
        evidence,
        Severity.WARNING,
        Confidence.CERTAIN,
        _CAUSES[:1] if shape == "chunks" else _CAUSES,
        shape=shape,
        sender=SIDES[message.from_server],
        other=SIDES[1 - message.from_server],
        announced=message.body_length,
        delivered=delivered,
        off=off,
        first_frame=message.first_frame,
        last_frame=last_frame,
        close_frame=connection.frame[close] if close >= 0 else last_frame,
        ending="RST" if reset else "FIN",
        target=target_of(message),
        software=quoted(message.head.value("Server" if message.from_server else "User-Agent"), 30) or "?",
    )


def _status(answer: HttpMessage) -> str:
    return quoted(words_without_secrets(f"{answer.head.status} {answer.head.phrase}"), 30)
