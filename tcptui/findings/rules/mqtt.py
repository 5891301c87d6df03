"""`mqtt-session-ended`: a broker that refuses its client, or ends its session (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.broker_silence import Patience, ended_in_silence
from tcptui.findings.http_facts import index_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.mqtt.codes import CONNACK, CONNECT, DISCONNECT, ERROR, VERSION_5, status_of
from tcptui.protocols.mqtt.conversation import Said, conversation
from tcptui.protocols.mqtt.mqtt_stream import MqttStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.mqtt.message import Message
    from tcptui.protocols.stream.reassembly import ByteStream

#: A broker ends a session in which the client sends nothing for one and a half times its keep-alive (3.1.2.10), …
SILENT_PERCENT: Final = 150
#: … and looks for such sessions every few seconds: later than this it had another reason.
LATE_PERCENT: Final = 250
LATE_NS: Final = 10_000_000_000
#: Reasons of a broker that is all right: Server shutting down, Administrative action, Use another server, Server moved,
#: Maximum connect time.
PLANNED: Final = frozenset({0x8B, 0x98, 0x9C, 0x9D, 0xA0})
#: MQTT's packets, and their answers, that are read of a connection: how a longer one ended is not told.
PACKETS_MOST: Final = 400_000
#: Bytes of a DISCONNECT with its properties that are looked for, and the bit of a length that goes on.
_FAREWELL_MOST: Final = 2_048
_LONG: Final = 0x80
_SERVER: Final = 1


def findings(connection: ConnectionFacts) -> list[Finding]:
    """All findings about MQTT of one stream."""
    stream = connection.spoken
    try:
        found = session_ended(connection, stream) if isinstance(stream, MqttStream) else None
    except OSError:
        return []  # the spool was closed meanwhile
    return [] if found is None else [found]


def session_ended(connection: ConnectionFacts, stream: MqttStream) -> Finding | None:
    """`mqtt-session-ended`: by a reason that the broker gives, or in a silence longer than it lets its client be.

    Shapes: ``refused``, CONNECT was; ``keep-alive``, the silence.  Raises OSError where packets cannot be read.
    """
    read = _of_session(stream)
    if read is None:
        return None
    said, asked = read
    connect = next((one for one in asked if one.kind == CONNECT), None)
    for one in said:
        code = -1 if one.head is None else one.head.code
        if one.kind == CONNACK and code > 0:
            return _finding(connection, one, connect, "refused", stream.sides.version)
        if one.kind == DISCONNECT and code >= ERROR:
            return _finding(connection, one, connect, "", VERSION_5)
    answer = next((one for one in said if one.kind == CONNACK), None)
    return None if connect is None or answer is None else _silent(connection, connect, answer, asked)


def _of_session(stream: MqttStream) -> tuple[Sequence[Message], Sequence[Message]] | None:
    """The packets about the session of broker and client, and the client's last; None where there is too much to read.

    Of a connection that rules read, `MqttStream.messages` has the first ones only, and farewells come last.
    """
    sides = stream.sides
    if not stream.extent.limited or not any(map(_may_end_with_disconnect, sides[:2])):
        return stream.messages[sides.server.side], stream.messages[sides.client.side]
    said: list[Message] = []
    asked: list[Message] = []
    last: Message | None = None
    for count, one in enumerate(conversation(stream.sides)):
        if count >= PACKETS_MOST:
            return None
        if not isinstance(one, Said):
            continue
        is_client = one.message.direction is stream.sides.client
        last = one.message if is_client else last
        if one.message.kind in (CONNECT, CONNACK, DISCONNECT):
            (asked if is_client else said).append(one.message)
    return said, asked if last is None else [*asked, last]


def _may_end_with_disconnect(direction: ByteStream) -> bool:
    """Whether the last bytes of ``direction`` may be a DISCONNECT; true where they were not captured."""
    start = max(direction.length - _FAREWELL_MOST, 0)
    tail = direction.read(start, direction.length - start)
    if len(tail) < direction.length - start:
        return True
    for at in range(len(tail) - 1):
        size, begin = tail[at + 1], at + 2
        if size & _LONG and begin < len(tail):
            size, begin = size & ~_LONG | tail[begin] << 7, begin + 1
        if tail[at] == DISCONNECT << 4 and begin + size == len(tail):
            return True
    return False


def _finding(
    connection: ConnectionFacts, message: Message, connect: Message | None, shape: str, version: int
) -> Finding:
    assert message.head is not None
    code = message.head.code
    frames = [message.frame] if connect is None else [connect.frame, message.frame]
    return connection.finding(
        FindingId.MQTT_SESSION_ENDED,
        [index_of(connection, frame) for frame in frames],
        Severity.NOTE if not shape and code in PLANNED else Severity.WARNING,
        Confidence.CERTAIN,
        (),
        shape=shape,
        status=status_of(message.kind, code, version),
        asked_frame=0 if connect is None else connect.frame,
        answer_frame=message.frame,
        port=connection.view.server.port,
    )


def _silent(connection: ConnectionFacts, connect: Message, answer: Message, asked: Sequence[Message]) -> Finding | None:
    """The broker's end came first, so long behind the last byte of its client as the keep-alive says."""
    promised = [one.head.keep_alive for one in (connect, answer) if one.head is not None and one.head.keep_alive >= 0]
    seconds = promised[-1] if promised else 0  # a broker's own word counts for more
    if asked[-1].kind == DISCONNECT:
        return None
    silence = ended_in_silence(connection, seconds, Patience(SILENT_PERCENT, LATE_PERCENT, LATE_NS))
    if silence is None:
        return None
    return connection.finding(
        FindingId.MQTT_SESSION_ENDED,
        [silence.last, silence.end],
        Severity.WARNING,
        Confidence.CERTAIN if connection.at_sender(_SERVER) else Confidence.LIKELY,
        ("server-ended",) if connection.at_sender(_SERVER) else ("idle-middlebox", "server-ended"),
        shape="keep-alive",
        keep_alive_s=float(seconds),
        silent_s=silence.lasted_ns / 1e9,
        asked_frame=connection.frame[silence.last],
        answer_frame=connection.frame[silence.end],
        port=connection.view.server.port,
    )
