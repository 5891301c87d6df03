"""A client and a server of HTTP/2 for scripts: the library h2 on the bench's sockets.

What the server does follows from the path: ``/item?bytes=5000&wait=0.2`` is answered after 0.2 s with so many bytes;
with ``&pause=2`` the server's program stops half-way for 2 s.
"""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cases.recorder.program import Connection, Program

CHUNK: Final = 65_536
#: Seconds after which an end gives up that waits for something.
PATIENCE: Final = 25.0


class Http2End:
    """One end of a connection; its socket is read as soon as something comes."""

    def __init__(
        self, connection: Connection, *, is_client: bool, settings: Mapping[SettingCodes, int] | None = None
    ) -> None:
        self.connection = connection
        connection.option(socket.TCP_NODELAY, 1)
        self.is_open = True
        self.protocol = H2Connection(H2Configuration(client_side=is_client, header_encoding="utf-8"))
        if settings is not None:
            self.protocol.local_settings = Settings(client=is_client, initial_values=dict(settings))
        # The library ends the connection by a GOAWAY; what is under way then is still to be answered (RFC 9113, 6.8).
        self.last_stream: int | None = None
        self.protocol._frame_dispatch_table[GoAwayFrame] = self._told_to_leave
        self.protocol.initiate_connection()
        self.flush()

    def _told_to_leave(self, frame: GoAwayFrame) -> tuple[list[object], list[Event]]:
        self.last_stream = frame.last_stream_id
        return [], []

    def flush(self) -> None:
        """Send what the library has to say."""
        if data := self.protocol.data_to_send():
            self.connection.send(data)

    def receive(self, seconds: float) -> list[Event]:
        """What came within this time; at the end of the stream `is_open` turns false."""
        ready, _, _ = select.select([self.connection.raw], [], [], max(seconds, 0))
        if not ready:
            return []
        data = self.connection.raw.recv(CHUNK)
        if not data:
            self.is_open = False
            return []
        events = self.protocol.receive_data(data)
        self.flush()
        return events


class Http2Client(Http2End):
    """A client that asks as many at a time as it may, and takes what it gets, unless told otherwise."""

    def __init__(
        self, me: Program, connection: Connection, settings: Mapping[SettingCodes, int] | None = None, most: int = 0
    ) -> None:
        """``most``: requests at a time, by its own choice."""
        super().__init__(connection, is_client=True, settings=settings)
        self._me = me
        self._most = most
        self._waiting: list[list[tuple[str, str]]] = []
        self.paths: dict[int, str] = {}
        self.over: set[int] = set()
        self.got: dict[int, int] = {}
        self.held: dict[int, int] = {}
        """Bytes that were read from the socket and not taken by the program, by stream; None of them is credited."""
        self.holds: Callable[[int], bool] = lambda _stream: False

    def ask(self, paths: Iterable[str], *more: tuple[str, str]) -> None:
        """Ask for these, as soon as the server's limit allows."""
        for path in paths:
            method = "POST" if any(name == "content-type" for name, _ in more) else "GET"
            head = [(":method", method), (":path", path), (":scheme", "http"), (":authority", self._me.peer_host)]
            self._waiting.append([*head, *more])
        self._open()

    def _open(self) -> None:
        limit = self.protocol.remote_settings.max_concurrent_streams
        most = min(limit, self._most) if self._most else limit
        while self._waiting and self.last_stream is None and self.protocol.open_outbound_streams < most:
            stream = self.protocol.get_next_available_stream_id()
            head = self._waiting.pop(0)
            self.protocol.send_headers(stream, head, end_stream=True)
            self.paths[stream] = head[1][1]
        self.flush()

    def take(self, stream: int) -> None:
        """The program takes what it had left lying."""
        if self.held.get(stream):
            self.protocol.acknowledge_received_data(self.held.pop(stream), stream)
            self.flush()

    def cancel(self, stream: int, code: ErrorCodes = ErrorCodes.CANCEL) -> None:
        """Ask no longer."""
        self.protocol.reset_stream(stream, code)
        self.over.add(stream)
        self.flush()

    def run(self, seconds: float = PATIENCE, *, until: Callable[[], bool] | None = None) -> None:
        """Go on until all answers are there, or ``until`` says so, or the time is over."""
        done = until or self._is_done
        end = time.monotonic() + seconds
        while self.is_open and not done() and (left := end - time.monotonic()) > 0:
            for event in self.receive(left):
                self._heard(event)
            self.flush()
            self._open()

    def _is_done(self) -> bool:
        if self.last_stream is not None:
            return all(stream in self.over or stream > self.last_stream for stream in self.paths)
        return not self._waiting and len(self.over) == len(self.paths)

    def _heard(self, event: Event) -> None:
        if isinstance(event, DataReceived) and event.stream_id is not None:
            stream, length = event.stream_id, event.flow_controlled_length or 0
            self.got[stream] = self.got.get(stream, 0) + length
            if self.holds(stream):
                self.held[stream] = self.held.get(stream, 0) + length
            elif length:
                self.protocol.acknowledge_received_data(length, stream)
        elif isinstance(event, StreamEnded | StreamReset) and event.stream_id is not None:
            self.over.add(event.stream_id)

    def leave(self) -> None:
        """Close in good order."""
        if self.is_open:
            self.protocol.close_connection()
            self.flush()
        self.connection.close()


@dataclass
class Answer:
    """What is left to send of an answer."""

    stream: int
    due: float
    left: int
    pause: float = 0.0
    direction: int = 0
    begun: bool = False
    head: list[tuple[str, str]] = field(default_factory=list)
    trailers: list[tuple[str, str]] = field(default_factory=list)


class Http2Server(Http2End):
    """A server that answers each request by what its path says."""

    def __init__(self, me: Program, connection: Connection, settings: Mapping[SettingCodes, int] | None = None) -> None:
        super().__init__(connection, is_client=False, settings=settings)
        self._me = me
        self._answers: dict[int, Answer] = {}
        self.enough = 0
        """After so many requests that were taken back it ends the connection; 0: never."""
        self.last = 0
        """It says good-bye with the first request beyond this stream, and answers none of those; 0: never."""
        self.leaves_at = 0.0
        """When (`time.monotonic`) it says good-bye and closes, whatever is under way; 0: never."""
        self._taken_back = 0
        self._newest = 0
        self._is_open = True

    def run(self) -> None:
        """Go on until the client closes."""
        end = time.monotonic() + PATIENCE
        try:
            while self.is_open and time.monotonic() < end:
                for event in self.receive(min(end - time.monotonic(), self._next_due())):
                    if isinstance(event, RequestReceived) and event.stream_id is not None:
                        self._asked(event.stream_id, dict(event.headers or []))
                    elif isinstance(event, StreamReset) and event.stream_id is not None:
                        self._answers.pop(event.stream_id, None)
                        self._taken_back += 1
                if self.enough and self._taken_back >= self.enough:
                    self._say_good_bye(ErrorCodes.ENHANCE_YOUR_CALM, None)
                    break
                if self.leaves_at and time.monotonic() >= self.leaves_at:
                    self._say_good_bye(ErrorCodes.NO_ERROR, None)
                    break
                self._answer()
                if not self._is_open and not self._answers:
                    break
        except (ProtocolError, OSError) as problem:
            self._me.note("ended", why=type(problem).__name__)
        self.connection.close()

    def _say_good_bye(self, code: ErrorCodes, last: int | None) -> None:
        # A frame of its own making: the library would refuse to answer what is under way.
        frame = GoAwayFrame(last_stream_id=self._newest if last is None else last, error_code=int(code))
        if code is not ErrorCodes.NO_ERROR:
            frame.additional_data = b"too_many_resets"
        self.flush()
        self.connection.send(frame.serialize())
        self._is_open = False

    def _next_due(self) -> float:
        now = time.monotonic()
        leaves = self.leaves_at - now if self.leaves_at else 1.0
        return max(min((*(one.due - now for one in self._answers.values() if one.due > now), 1.0, leaves)), 0.0)

    def _asked(self, stream: int, head: dict[str, str]) -> None:
        self._newest = max(self._newest, stream)
        if self.last and stream > self.last:
            if self._is_open:
                self._say_good_bye(ErrorCodes.NO_ERROR, self.last)
            return
        asked = parse_qs(urlsplit(head.get(":path", "/")).query)
        size, wait = int(asked.get("bytes", ["100"])[0]), float(asked.get("wait", ["0"])[0])
        is_grpc = head.get("content-type", "").startswith("application/grpc")
        answer = Answer(stream, time.monotonic() + wait, size, float(asked.get("pause", ["0"])[0]), size // 2)
        if is_grpc:
            answer.head = [(":status", "200"), ("content-type", "application/grpc")]
            answer.trailers = [("grpc-status", "0")]
        else:
            answer.head = [(":status", "200"), ("content-type", "text/plain"), ("content-length", str(size))]
        self._answers[stream] = answer

    def _answer(self) -> None:
        """Send what is due, as far as the windows allow, stream by stream in turn."""
        going = True
        while going:
            going = False
            for answer in [one for one in self._answers.values() if one.due <= time.monotonic()]:
                going |= self._send_some(answer)
        self.flush()

    def _send_some(self, answer: Answer) -> bool:
        protocol, stream = self.protocol, answer.stream
        if not answer.begun:
            answer.begun = True
            protocol.send_headers(stream, answer.head)
        if answer.pause and answer.left <= answer.direction:
            answer.due, answer.pause = time.monotonic() + answer.pause, 0.0
            return False
        size = min(answer.left, protocol.local_flow_control_window(stream), protocol.max_outbound_frame_size)
        if answer.left and size <= 0:
            return False
        answer.left -= size
        is_last = not answer.left
        protocol.send_data(stream, self._me.text(size), end_stream=is_last and not answer.trailers)
        if is_last:
            if answer.trailers:
                protocol.send_headers(stream, answer.trailers, end_stream=True)
            del self._answers[stream]
        self.flush()
        return not is_last
