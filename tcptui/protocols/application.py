"""One connection as its application protocol reads it, whichever that is (`tcptui.protocols.registry`)."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from tcptui.analysis.timing.budget_parts import Part as TimePart
from tcptui.analysis.timing.budget_parts import ProtocolWait
from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.interface import (
    UNIT_LIMIT,
    CarryingStream,
    DecodedStream,
    EncryptedStream,
    Extent,
    FramedStream,
    UpgradedStream,
)
from tcptui.protocols.registry import (
    BEGINS_TLS,
    PLAIN,
    PROTOCOLS,
    SHARED,
    TLS_FAMILIES,
    TURNED,
    parsers,
    request_readers,
)
from tcptui.protocols.sure_pairs import sure_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.interface import Exchange, ParsedStream
    from tcptui.protocols.message_schema import Schema
    from tcptui.protocols.parts import Part
    from tcptui.protocols.row import ApplicationProtocol
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace

#: Bytes by which one tells protocols that are not parsed here.
_BEGINNING: Final = 20
#: Of `Exchange.lead`: no request begins there.
_NO_LEAD: Final = -1


def begins_what_is_judged(payload: bytes) -> bool:
    """Whether a segment begins a message of a protocol that has rules."""
    return any(protocol.judged and protocol.begins(payload) for protocol in PROTOCOLS)


class ApplicationStream:
    """One connection as its application protocol parses it, lazily.  Raises OSError when the spool is gone."""

    def __init__(
        self, client: ByteStream, server: ByteStream, limit: int = UNIT_LIMIT, schema: Schema | None = None
    ) -> None:
        """``limit``: most messages that are read; ``schema``: what messages of Protocol Buffers mean."""
        self.directions = (client, server)
        self._schema = schema
        self._limit = limit
        self._families: frozenset[str] = frozenset()

    @cached_attribute
    def parsed(self) -> ParsedStream | None:
        """The parsed connection; None when its protocol is none of `PROTOCOLS`."""
        parsed, self._families = _parsed(self.directions, self._limit, self._schema)
        return parsed

    @property
    def layers(self) -> tuple[ParsedStream, ...]:
        """The parsed connection, and what it carries, the innermost last; before each what it was asked for with."""
        found: list[ParsedStream] = []
        one = self.parsed
        while one is not None:
            carrying = one if isinstance(one, CarryingStream) else None
            if carrying is not None and carrying.before is not None:
                found.append(carrying.before)
            found.append(one)
            one = None if carrying is None else carrying.inner
        return tuple(found)

    @property
    def encrypted(self) -> EncryptedStream | None:
        """The outermost of `layers` that is encrypted."""
        return next((one for one in self.layers if isinstance(one, EncryptedStream)), None)

    @property
    def spoken(self) -> ParsedStream | None:
        """The parsed connection; where it was decrypted, or is a tunnel, what is inside."""
        return self.layers[-1] if self.parsed is not None else None

    @property
    def families(self) -> frozenset[str] | None:
        """How the names of fields begin, up to the first dot, that messages of the connection may have.

        None where it may be any: a segment that nobody read is read alone, as whatever it begins like.
        """
        begun = [
            one.before if isinstance(one, CarryingStream) else one.begun_by
            for one in self.layers
            if isinstance(one, CarryingStream | UpgradedStream)
        ]
        is_one = all(before is None for before in begun) and not self.extent.limited
        return self._families if is_one else None

    def __bool__(self) -> bool:
        return self.parsed is not None

    @cached_property
    def beginnings(self) -> tuple[bytes, ...]:
        """The first bytes of client and server, at most `_BEGINNING`, as far as captured."""
        return tuple(direction.read(0, _BEGINNING) for direction in self.directions)

    @property
    def is_binary(self) -> bool:
        """Whether what is decoded is to be read: its beginning is no text, or it is HTTP/2 or RESP."""
        if self.parsed is None:
            return False
        from tcptui.protocols.parts import is_text

        return isinstance(self.spoken, DecodedStream) or not all(map(is_text, self.beginnings))

    def place(self, row: int, frame: int) -> SegmentPlace | None:
        """The bytes that the segment in ``row`` carries; None when it carries no byte of either direction."""
        from tcptui.protocols.stream.segment_place import place_of

        return place_of(self.directions, row, frame)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """Whether reading stopped before the segment because a limit was reached."""
        return self.parsed is not None and self.parsed.was_left_out(place)

    @property
    def extent(self) -> Extent:
        """How much was read; it is read now at the latest."""
        return Extent(0, limited=False) if self.parsed is None else self.parsed.extent

    def lacks(self, row: int, frame: int) -> bool:
        """Whether a limit left out what the segment in ``row`` ends with, or what is inside of that."""
        from tcptui.protocols.stream.segment_place import place_of

        parsed = self.parsed
        if parsed is None or not parsed.extent.limited:
            return False
        inside = parsed if isinstance(parsed, CarryingStream) else None
        layers = [(self.directions, parsed)]
        if inside is not None and inside.inner is not None and inside.plain is not None:
            layers.append((inside.plain, inside.inner))
        for directions, spoken in layers:
            place = place_of(directions, row, frame)
            if place is not None and spoken.was_left_out(replace(place, start=place.stop - 1)):
                return True
        return False

    def parts(self) -> Iterator[Part]:
        """The decoded parts of both directions without secrets, in the order in which they became readable."""
        if self.parsed is None:
            return iter(())
        from tcptui.protocols.shown_parts import without_secrets

        return map(without_secrets, self.parsed.parts())

    def requests(self) -> Iterator[Exchange]:
        """The operations that the client requested, in order."""
        return iter(()) if self.parsed is None else self.parsed.requests()


def asked_host(said: bytes) -> tuple[str, str] | None:
    """The host that a client asks for who says this first, and the field it stands in; an empty one: not yet.

    Text from the packets, not yet safe to print.  None where no protocol begins so that names hosts.
    """
    for protocol in PROTOCOLS:
        if protocol.asked_host is not None and protocol.begins(said):
            return protocol.asked_host(said), protocol.host_field
    return None


def _parsed(
    directions: tuple[ByteStream, ByteStream], limit: int, schema: Schema | None
) -> tuple[ParsedStream | None, frozenset[str]]:
    """The connection as one of `parsers` parses it, and what is inside; the families of both."""
    for parse, row in parsers(directions[0].read_as):
        parsed, inside = parse(*directions, limit), frozenset[str]()
        if isinstance(parsed, CarryingStream) and parsed.plain is not None:
            parsed.inner, inside = _parsed(parsed.plain, limit, schema)
        if isinstance(parsed, EncryptedStream):
            inside = inside.union(TLS_FAMILIES)
        if isinstance(parsed, FramedStream) and schema is not None:
            parsed.schema = schema
        if parsed is not None:
            return parsed, inside.union(row.families, row.shows)
    return None, frozenset()


def requests_of(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """The requests of a connection, however many it has; None when no protocol that has requests recognises it.

    Ordered by the packet that began each, as far as that is known.
    """
    directions = _opened(client, server)
    for read, turned in request_readers(directions[0].read_as):
        found = read(*directions)
        if found is not None:
            behind = None if turned is None else turned(*directions)
            sure = iter(sure_pairs(found, *directions))
            return sure if behind is None else chain(sure, _opened_for_others(requests_of(*behind) or ()))
    behind = TURNED(client, server)
    return None if behind is None else requests_of(*behind)


def _opened_for_others(found: Iterable[Exchange]) -> Iterator[Exchange]:
    """Requests of a connection that was opened for what was asked before them, in plain bytes."""
    for one in found:
        one.lead = _NO_LEAD
        yield one


def _opened(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream]:
    """Both directions, or their plain bytes, where they speak TLS from their start and keys open that, or none need."""
    return PLAIN(client, server) or (client, server)


def waits_inside(client: ByteStream, server: ByteStream, ways_ns: tuple[int, ...]) -> list[ProtocolWait]:
    """Who was waited for, by the protocol inside: see `StreamView.waits_inside`."""
    directions = _opened(client, server)
    for protocol in SHARED:
        for read in (protocol.requests, protocol.requests_late):
            exchanges = None if read is None else read(*directions)
            if exchanges is not None:
                from tcptui.protocols.request_waits import request_waits

                held = _held_back(protocol, directions, ways_ns)
                return request_waits(directions, exchanges, held, ways_ns[1])
    return []


def _held_back(
    protocol: ApplicationProtocol, directions: tuple[ByteStream, ByteStream], ways_ns: tuple[int, ...]
) -> list[ProtocolWait]:
    """When either end had data that the other's program had made no room for."""
    read = None if protocol.held_back is None else protocol.held_back(*directions)
    if read is None:
        return []
    return [
        ProtocolWait(one.begin_ns, one.next_ns, TimePart.FLOW_CONTROL)
        for side, way_ns in enumerate(ways_ns)
        for one in read(side, way_ns * 9 // 10)
        if one.went_on_at_once(way_ns)
    ]


def may_ask_to_wait(payload: bytes, *, is_opened: bool) -> bool:
    """Whether a client that sends ``payload`` first may ask its server to wait; ``is_opened``: keys may open TLS."""
    if is_opened and BEGINS_TLS(payload):
        return True
    return any(protocol.asked_to_wait is not None and protocol.begins(payload) for protocol in PROTOCOLS)


def asked_to_wait(client: ByteStream, server: ByteStream) -> list[tuple[int, int]]:
    """When the server waited as the client had asked: see `StreamView.asked_to_wait`."""
    directions = _opened(client, server)
    for protocol in PROTOCOLS:
        waits = None if protocol.asked_to_wait is None else protocol.asked_to_wait(*directions)
        if waits is not None:
            return list(waits)
    return []
