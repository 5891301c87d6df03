"""What several rules about HTTP/2 need of a connection: its history, who waits how long, and words for a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.http_facts import index_of, quoted
from tcptui.protocols.http2.grpc import is_grpc
from tcptui.protocols.http2.history import Http2History
from tcptui.protocols.http2.http2_stream import Http2Stream
from tcptui.protocols.http2.messages import value_in
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.http2.history import Call

Facts = dict[str, int | float | str]
#: Round trip that is assumed where none was measured.
_RTT_UNKNOWN_NS: Final = 50_000_000
#: What follows another event because of it does so within a round trip, and this time.
PROMPT_NS: Final = 20_000_000


def http2_history(connection: ConnectionFacts) -> Http2History | None:
    """The frames of the stream; None where it speaks another protocol or its payload is not read.

    Raises OSError where packets cannot be read.
    """
    spoken = None if connection.application is None else connection.application.spoken
    return Http2History(spoken.directions, spoken.opening) if isinstance(spoken, Http2Stream) else None


def round_trip_ns(connection: ConnectionFacts) -> int:
    """The round trip between both ends, as far as it is known."""
    return connection.rtt_ns or _RTT_UNKNOWN_NS


def way_back_ns(connection: ConnectionFacts, side: int) -> int:
    """From the capture point to ``side`` and back, by the handshake: at ``side`` itself nothing."""
    handshake, time = connection.handshake, connection.time
    if connection.at_sender(side):
        return 0  # it may answer sooner than its kernel or program did in the handshake
    if handshake is None:
        return connection.rtt_ns
    if side:
        return max(time[handshake.syn_ack] - time[handshake.syn], 0)
    return max(time[handshake.third] - time[handshake.syn_ack], 0)


def prompt_ns(connection: ConnectionFacts) -> int:
    """Within which time an end goes on that waited, once what it waited for has reached it."""
    return round_trip_ns(connection) // 4 + PROMPT_NS


def operation_of(call: Call | None) -> str:
    """What was asked for, without secrets, as a sentence quotes it; ``?`` where it is not known."""
    head = None if call is None else call.head
    path = uri_without_secrets(value_in(head, b":path"))
    if not path:
        return "?"
    return quoted(path if is_grpc(head) else f"{value_in(head, b':method')} {path}")


def packets(connection: ConnectionFacts, frames: Iterable[int]) -> list[int]:
    """Indexes of packets, for the evidence; unknown frames are left out."""
    return [index_of(connection, frame) for frame in dict.fromkeys(frames) if frame]


def last_ns(connection: ConnectionFacts) -> int:
    """When the connection was last seen open: its first RST, else its last packet or the end of the capture."""
    if connection.first_reset >= 0:
        return connection.time[connection.first_reset]
    if connection.fins:
        return connection.time[min(connection.fins)]
    return connection.view.capture_end_ns
