"""The application protocols that are parsed here, one row each; nothing above this package knows them by name.

To add one: a package beside `http` whose parser gives a `ParsedStream`, one row in `PROTOCOLS`, and the words
``follow.part.<label>`` of its parts.
"""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from tcptui.analysis.timing.budget_parts import HeldSpan
from tcptui.analysis.timing.budget_parts import Part as TimePart
from tcptui.protocols.command_prefilter import CommandPrefilter
from tcptui.protocols.dns.detection import begins_dns
from tcptui.protocols.dns.dns_stream import dns_requests, parse_dns
from tcptui.protocols.http.head import parse_head
from tcptui.protocols.http.http_stream import parse_http
from tcptui.protocols.http.prefilter import HttpPrefilter
from tcptui.protocols.http.requests import http_requests
from tcptui.protocols.http2.http2_stream import Http2Stream, begins_http2, parse_http2, parse_http2_amid
from tcptui.protocols.http2.prefilter import Http2Prefilter
from tcptui.protocols.http2.requests import http2_held_back, http2_requests, http2_requests_amid
from tcptui.protocols.interface import UNIT_LIMIT, ApplicationProtocol, RequestReader
from tcptui.protocols.mysql.command_rows import MysqlRows
from tcptui.protocols.mysql.detection import begins_mysql
from tcptui.protocols.mysql.mysql_stream import mysql_requests, parse_mysql
from tcptui.protocols.parts import is_text
from tcptui.protocols.postgresql.command_rows import PostgresqlRows
from tcptui.protocols.postgresql.detection import begins_postgresql
from tcptui.protocols.postgresql.postgresql_stream import parse_postgresql, postgresql_requests
from tcptui.protocols.redis.command_rows import RedisRows
from tcptui.protocols.redis.detection import begins_redis
from tcptui.protocols.redis.redis_stream import RedisStream, parse_redis, redis_requests
from tcptui.protocols.smtp.conversation import begins_smtp
from tcptui.protocols.smtp.smtp_stream import parse_smtp, smtp_requests
from tcptui.protocols.stream.segment_place import SegmentPlace, place_of
from tcptui.protocols.tls.detection import begins_tls
from tcptui.protocols.tls.prefilter import TlsPrefilter
from tcptui.protocols.tls.tls_stream import TlsStream, parse_starttls, parse_tls, plain_streams, turned_streams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.command_rows import CommandRows
    from tcptui.protocols.interface import Exchange, MakePrefilter, ParsedStream
    from tcptui.protocols.message_schema import Schema
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream


def _asking(kind: type[CommandRows]) -> MakePrefilter:
    """Chooses the connections in which commands of ``kind`` are seen."""
    return partial(CommandPrefilter, kind)


#: The first protocol in this order that recognises a connection parses it.
PROTOCOLS: Final = (
    ApplicationProtocol("tls", begins_tls, parse_tls, prefilter=TlsPrefilter, judged=True),
    ApplicationProtocol(
        "http2", begins_http2, parse_http2, prefilter=Http2Prefilter, judged=True, held_back=http2_held_back
    ),
    ApplicationProtocol(
        "http", lambda payload: parse_head(payload) is not None, parse_http, prefilter=HttpPrefilter, judged=True
    ),
    ApplicationProtocol("smtp", begins_smtp, parse_smtp),
    ApplicationProtocol("resp", begins_redis, parse_redis, prefilter=_asking(RedisRows), judged=True),
    ApplicationProtocol("mysql", begins_mysql, parse_mysql, prefilter=_asking(MysqlRows), judged=True),
    ApplicationProtocol("pgsql", begins_postgresql, parse_postgresql, prefilter=_asking(PostgresqlRows), judged=True),
    ApplicationProtocol("dns", begins_dns, parse_dns),
    ApplicationProtocol("tls", begins_tls, parse_starttls),
    ApplicationProtocol("http2", begins_http2, parse_http2_amid),
)

#: Bytes by which one tells protocols that are not parsed here.
_BEGINNING: Final = 20

#: What reads the requests of a connection, none for another protocol.
REQUEST_READERS: Final[tuple[RequestReader, ...]] = (
    http2_requests, http_requests, smtp_requests, redis_requests, mysql_requests, postgresql_requests,
    dns_requests, http2_requests_amid,
)  # fmt: skip


def begins_what_is_judged(payload: bytes) -> bool:
    """Whether a segment begins a message of a protocol that has rules."""
    return any(protocol.judged and protocol.begins(payload) for protocol in PROTOCOLS)


class ApplicationStream:
    """One connection as its application protocol parses it, lazily.  Raises OSError when the spool is gone."""

    def __init__(
        self, client: ByteStream, server: ByteStream, limit: int = UNIT_LIMIT, schema: Schema | None = None
    ) -> None:
        """``limit``: most messages that are read; ``schema``: what messages of Protocol Buffers mean."""
        self.halves = (client, server)
        self._schema = schema
        self._limit = limit

    @cached_property
    def parsed(self) -> ParsedStream | None:
        """The parsed connection; None when its protocol is none of `PROTOCOLS`."""
        parsed = _parsed(self.halves, self._limit)
        spoken = parsed.inner if isinstance(parsed, TlsStream) else parsed
        if isinstance(spoken, Http2Stream) and self._schema is not None:
            spoken.schema = self._schema
        return parsed

    @property
    def spoken(self) -> ParsedStream | None:
        """The same, or what is inside, where it was decrypted."""
        parsed = self.parsed
        inner = parsed.inner if isinstance(parsed, TlsStream) else None
        return parsed if inner is None else inner

    def __bool__(self) -> bool:
        return self.parsed is not None

    @cached_property
    def beginnings(self) -> tuple[bytes, ...]:
        """The first bytes of client and server, at most `_BEGINNING`, as far as captured."""
        return tuple(half.read(0, _BEGINNING) for half in self.halves)

    @property
    def is_binary(self) -> bool:
        """Whether what is decoded is to be read: its beginning is no text, or it is HTTP/2 or RESP."""
        if self.parsed is None:
            return False
        return isinstance(self.spoken, (Http2Stream, RedisStream)) or not all(map(is_text, self.beginnings))

    def place(self, row: int, frame: int) -> SegmentPlace | None:
        """The bytes that the segment in ``row`` carries; None when it carries no byte of either direction."""
        return place_of(self.halves, row, frame)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """Whether reading stopped before the segment because a limit was reached."""
        return self.parsed is not None and self.parsed.was_left_out(place)

    def parts(self) -> Iterator[Part]:
        """The decoded parts of both directions, in the order in which they became readable."""
        return iter(()) if self.parsed is None else self.parsed.parts()

    def requests(self) -> Iterator[Exchange]:
        """The operations that the client requested, in order."""
        return iter(()) if self.parsed is None else self.parsed.requests()


def _parsed(halves: tuple[ByteStream, ByteStream], limit: int) -> ParsedStream | None:
    """What `PROTOCOLS` make of a connection, and of what is inside."""
    for protocol in PROTOCOLS:
        parsed = protocol.parse(*halves, limit)
        if isinstance(parsed, TlsStream) and parsed.plain is not None:
            parsed.inner = _parsed(parsed.plain, limit)
        if parsed is not None:
            return parsed
    return None


def requests_of(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """The requests of a connection, however many it has; None when no protocol that has requests recognises it.

    Ordered by the packet that began each, as far as that is known.
    """
    halves = plain_streams(client, server) or (client, server)
    for read in REQUEST_READERS:
        found = read(*halves)
        if found is not None:
            behind = turned_streams(client, server) if read is smtp_requests else None
            return found if behind is None else chain(found, requests_of(*behind) or ())
    behind = turned_streams(client, server)
    return None if behind is None else requests_of(*behind)


def held_back(client: ByteStream, server: ByteStream, ways_ns: tuple[int, ...]) -> list[HeldSpan]:
    """When either end had data that the other's program had made no room for: see `StreamView.held_back`."""
    halves = plain_streams(client, server) or (client, server)
    for protocol in PROTOCOLS:
        read = None if protocol.held_back is None else protocol.held_back(*halves)
        if read is not None:
            return [
                HeldSpan(one.begin_ns, one.next_ns, TimePart.FLOW_CONTROL)
                for side, way_ns in enumerate(ways_ns)
                for one in read(side, way_ns * 9 // 10)
                if one.went_on_at_once(way_ns)
            ]
    return []
