"""Rules about HTTP messages (rules/findings.md#application): error responses and files.

These rules need complete bytes: where the bytes that a rule would judge have a hole or were truncated, it makes no
finding.  Of one stream `MESSAGES_JUDGED` messages are read; of later ones only error statuses that begin a segment
are reported.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.facts import MESSAGES_JUDGED, SIDES
from tcptui.findings.http_facts import CLIENT_ERRORS, SERVER_ERRORS, HttpFacts, http_facts, index_of, quoted, target_of
from tcptui.findings.rules.event_stream import event_streams
from tcptui.findings.rules.http_continue import continue_awaited
from tcptui.findings.rules.http_length import injected_newline, length_mismatch
from tcptui.findings.rules.round_trips import http_round_trips
from tcptui.findings.rules.websocket import websocket_abnormal_close, websocket_upgrade
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.verdict import Verdict
from tcptui.protocols.http.fault import FaultKind
from tcptui.protocols.http.status import STATUS_PHRASES
from tcptui.protocols.http.two_readings import Follows, Reading, ReadingShape, TwoReadings
from tcptui.protocols.secrets_out import uri_without_secrets, words_without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import AnyId, Fact
    from tcptui.protocols.http.head import HeaderLine
    from tcptui.protocols.http.message import HttpMessage

#: Most characters of a status' phrase: with "HTTP 503 " before it, 40 cells, as a list shows.  The longest of the usual
#: ones is nginx's "Service Temporarily Unavailable".
_PHRASE: Final = 31
#: Media types, by prefix and by full name, whose responses count as files.
_FILE_FAMILIES: Final = ("image/", "audio/", "video/", "font/")
_FILE_TYPES: Final = frozenset(
    {
        "application/octet-stream", "application/zip", "application/gzip", "application/x-gzip", "application/pdf",
        "application/x-tar", "application/x-bzip2", "application/x-xz", "application/zstd",
        "application/x-7z-compressed",
        "application/vnd.debian.binary-package", "application/x-debian-package", "application/java-archive",
        "application/x-msdownload", "application/x-rpm", "binary/octet-stream",
    }
)  # fmt: skip
_PART: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_COPIES: Final = int(Verdict.RETRANSMISSION)
#: Faults of a request for which a server answers 400, and which a person does not see at a glance.
_BROKEN: Final = (
    FaultKind.HEADER_LINE, FaultKind.SPACE_BEFORE_COLON, FaultKind.CONTROL_CHARACTER, FaultKind.BARE_CR,
    FaultKind.FOLDED_LINE, FaultKind.LENGTH_INVALID, FaultKind.LENGTH_CONFLICT, FaultKind.START_LINE,
)  # fmt: skip

#: With these a server refuses a request whose end it cannot tell for sure (RFC 9112, 6.1 and 6.3).
REFUSED: Final = frozenset({400, 411, 501})
_CAUSES: Final = ("smuggling-tried", "field-set-twice", "proxy-added-field")
_OF_BODY: Final = ("smuggling-tried", "body-quotes-request")


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about HTTP, event streams and WebSocket of one stream; empty when it does not speak HTTP.

    One of a kind: of a tunnel, that of what is inside.
    """
    try:
        each = [finding for app in http_facts(connection) for finding in _findings(connection, app)]
    except OSError:
        return []  # the spool was closed meanwhile
    told: dict[AnyId, Finding] = {}
    for finding in each:
        told.setdefault(finding.id, finding)
    return list(told.values())


def _findings(connection: ConnectionFacts, app: HttpFacts) -> list[Finding]:
    newline = injected_newline(connection, app)
    found = [newline, length_mismatch(connection, app, newline), error_response(connection, app, newline)]
    found += [*event_streams(connection, app), file_download(connection, app)]
    found += [websocket_upgrade(connection, app), websocket_abnormal_close(connection, app)]
    found += [continue_awaited(connection, app), _two_readings(connection, app)]
    found.append(http_round_trips(connection, len(app.responses)))
    return [finding for finding in found if finding is not None]


# -- error responses -----------------------------------------------------------------------


def error_response(connection: ConnectionFacts, app: HttpFacts, newline: Finding | None) -> Finding | None:
    """`http-error-response`: a status of 4xx or 5xx.

    The 400 that answers an injected newline belongs to that finding (``newline``) and is left out.
    """
    told = set() if newline is None else {newline.facts.get("answer_frame")}
    errors = [
        message
        for message in app.responses
        if message.head.status >= CLIENT_ERRORS and message.first_frame and message.last_frame not in told
    ]
    if not errors:
        return _late_errors(connection, app)
    grave = [message for message in errors if message.head.status >= SERVER_ERRORS]
    worst = (grave or errors)[0]
    broken = None if grave else _broken_line(worst)
    evidence = [frame for message in errors for frame in (_request_frame(message), message.first_frame)]
    statuses = Counter(message.head.status for message in errors)
    facts: dict[str, int | float | str] = {
        "shape": "server" if grave else "broken" if broken is not None else "client",
        "status": f"{worst.head.status} {quoted(words_without_secrets(worst.head.phrase), _PHRASE)}".strip(),
        "target": target_of(worst),
        "software": quoted(worst.head.value("Server"), 30) or "?",
        "first_frame": worst.first_frame,
        "request_frame": _request_frame(worst) or worst.first_frame,
        "wait_s": max(worst.wait_ns or 0, 0) / 1e9,
        "count": len(errors),
        "responses": len(app.responses),
        "statuses": ", ".join(f"{status} ×{count}" for status, count in sorted(statuses.items())),
    }
    if broken is not None and worst.request is not None:
        start = worst.request.start
        facts |= {"line": quoted(broken.raw.decode("utf-8", "replace"), 30), "line_seq": broken.start - start}
    return connection.finding(
        FindingId.HTTP_ERROR_RESPONSE,
        [index_of(connection, frame) for frame in evidence if frame],
        Severity.WARNING if grave else Severity.NOTE,
        Confidence.CERTAIN,
        (),
        **facts,
    )


def _late_errors(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
    """Error responses after the messages that are read: the prefilter knows status lines that begin a segment."""
    if connection.context.error_rows is None or len(app.http.messages) < MESSAGES_JUDGED:
        return None
    view = connection.view
    rows = connection.context.error_rows(view.stream)
    found = [(int(np.searchsorted(view.rows, row)), status) for row, status in rows]
    # A retransmission begins with the same status line: count the response once.
    found = [(i, status) for i, status in found if i < connection.count and not int(view.verdict[i]) & _COPIES]
    grave = [one for one in found if one[1] >= SERVER_ERRORS]
    if not found:
        return None
    first, status = (grave or found)[0]
    statuses = Counter(status for _, status in found)
    return connection.finding(
        FindingId.HTTP_ERROR_RESPONSE,
        [i for i, _ in found],
        Severity.WARNING if grave else Severity.NOTE,
        Confidence.CERTAIN,
        (),
        shape="late-server" if grave else "late-client",
        status=f"{status} {STATUS_PHRASES.get(status, '')}".strip(),
        first_frame=connection.frame[first],
        errors=len(found),
        statuses=", ".join(f"{code} ×{count}" for code, count in sorted(statuses.items())),
    )


def _request_frame(message: HttpMessage) -> int:
    """First frame of the request that ``message`` answers; 0 when it was not captured."""
    return message.request.first_frame if message.request is not None else 0


def _broken_line(answer: HttpMessage) -> HeaderLine | None:
    """The header line that a 400 may be about: the first that breaks the grammar; None without one."""
    request = answer.request
    if request is None or answer.head.status != CLIENT_ERRORS:
        return None
    places = [fault.offset for kind in _BROKEN if (fault := request.fault(kind)) is not None]
    if not places:
        return None
    return next((line for line in request.head.headers if line.start + line.length > min(places)), None)


# -- files ---------------------------------------------------------------------------------


def file_download(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
    """`file-download`: responses that carry files, complete by their length."""
    files = [message for message in app.responses if _is_file(message) and _is_complete(app, message)]
    if not files:
        return None
    largest = max(files, key=lambda message: message.body_length)
    request = largest.request
    taken = max(largest.last_ns - largest.first_ns, 0) / 1e9
    parts = [message for message in files if message.head.status == 206]
    whole = _PART.fullmatch(largest.head.value("Content-Range").strip()) if parts else None
    facts: dict[str, int | float | str] = {
        "shape": _shape(files, largest, whole is not None),
        "file": _name(largest),
        "media": quoted(largest.head.media_type or "?", 20),
        "bytes": largest.body_length,
        "total_bytes": sum(message.body_length for message in files),
        "files": len(files),
        "request_frame": request.first_frame if request is not None else largest.first_frame,
        "first_frame": largest.first_frame,
        "last_frame": largest.last_frame,
        "transfer_s": taken,
        "from_byte": int(whole[1]) if whole else 0,
        "to_byte": int(whole[2]) if whole else largest.body_length - 1,
        "of_bytes": int(whole[3]) if whole and whole[3] != "*" else largest.body_length,
    }
    evidence = [
        frame for message in files for frame in (_request_frame(message), message.first_frame, message.last_frame)
    ]
    return connection.finding(
        FindingId.FILE_DOWNLOAD,
        [index_of(connection, frame) for frame in evidence if frame],
        Severity.NOTE,
        Confidence.CERTAIN,
        (),
        **facts,
    )


def _shape(files: Sequence[HttpMessage], largest: HttpMessage, part: bool) -> str:
    if part:
        return "part"
    if len(files) > 1:
        return "several"
    return "one-packet" if largest.first_frame == largest.last_frame else "one"


def _is_file(message: HttpMessage) -> bool:
    head = message.head
    asked = message.request
    if head.status not in (200, 206) or not message.body_length or asked is None or asked.head.method != "GET":
        return False
    media = head.media_type
    attached = head.value("Content-Disposition").lower().startswith("attachment")
    return attached or media.startswith(_FILE_FAMILIES) or media in _FILE_TYPES


def _is_complete(app: HttpFacts, message: HttpMessage) -> bool:
    direction = app.direction_of(message)
    return message.complete and app.is_whole(direction, message.start, message.body_end)


def _name(message: HttpMessage) -> str:
    uri = message.request.head.uri if message.request is not None else ""
    segments: Sequence[str] = uri_without_secrets(uri).partition("?")[0].rstrip("/").split("/")
    return quoted(segments[-1] or uri or "/")


def _two_readings(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
    """`http-two-readings`: of the first message with a request behind its earlier end, else of the first of all."""
    found = [
        (message, message.readings)
        for message in app.http.messages
        if message.readings is not None and _is_captured(app, message, message.readings)
    ]
    if not found:
        return None
    message, readings = min(found, key=lambda each: not _hides_a_message(each[1]))
    answer = message.response
    is_refused = answer is not None and answer.head.status in REFUSED
    earlier = readings.earlier.end or message.start
    frames = [message.first_frame, app.direction_of(message).delivered_frame(earlier), message.last_frame]
    facts: dict[str, Fact] = {
        "shape": "" if readings.shape is ReadingShape.LINES else readings.shape.value,
        "sender": SIDES[message.from_server],
        "receiver": SIDES[1 - message.from_server],
        "first_frame": message.first_frame,
        "line_one": _line(readings.one),
        "line_other": _line(readings.other),
        "method": message.head.method,
        "count": len(found),
        "requests": sum(not one.head.is_response for one in app.http.messages),
        "responses": len(app.responses),
    }
    for name, reading in (("reading_one", readings.one), ("reading_other", readings.other)):
        facts |= {
            f"{name}_ends": reading.follows.value,
            f"{name}_bytes": 0 if reading.end is None else reading.end - message.body_start,
            f"{name}_next": _start_line(reading.message),
        }
    return connection.finding(
        FindingId.HTTP_TWO_READINGS,
        [index_of(connection, frame) for frame in frames if frame],
        Severity.NOTE if is_refused else Severity.WARNING,
        Confidence.LIKELY if _hides_a_message(readings) else Confidence.POSSIBLE,
        _OF_BODY if readings.shape is ReadingShape.BODY else _CAUSES,
        **facts,
    )


def _is_captured(app: HttpFacts, message: HttpMessage, readings: TwoReadings) -> bool:
    """Whether no byte of it up to the earlier end is missing."""
    direction = app.direction_of(message)
    return app.is_whole(direction, message.start, min(readings.earlier.end or 0, direction.length))


def _hides_a_message(readings: TwoReadings) -> bool:
    """Whether what is body by the one reading begins a message by the other."""
    return readings.shape is not ReadingShape.BODY and readings.earlier.follows is Follows.MESSAGE


def _line(reading: Reading) -> str:
    return quoted(words_without_secrets(reading.line.decode("utf-8", "replace")))


def _start_line(line: str) -> str:
    """Method and target, without secrets and version; of a response version and status."""
    first, _, rest = line.partition(" ")
    if not line:
        return ""
    if first.startswith("HTTP/"):
        return quoted(f"{first} {rest[:3]}")
    return quoted(f"{first} {uri_without_secrets(rest.rpartition(' ')[0] or rest)}")
