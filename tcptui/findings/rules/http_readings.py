"""Messages whose end two programs may read differently (rules/findings.md#http-two-readings)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http_facts import HttpFacts, index_of, quoted
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.http.two_readings import Follows, Reading, ReadingShape, TwoReadings
from tcptui.protocols.secrets_out import uri_without_secrets, words_without_secrets

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Fact
    from tcptui.protocols.http.message import HttpMessage

#: With these a server refuses a request whose end it cannot tell for sure (RFC 9112, 6.1 and 6.3).
REFUSED: Final = frozenset({400, 411, 501})
_CAUSES: Final = ("smuggling-tried", "field-set-twice", "proxy-added-field")
_OF_BODY: Final = ("smuggling-tried", "body-quotes-request")


def two_readings(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
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
