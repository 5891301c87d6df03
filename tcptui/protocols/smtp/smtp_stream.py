"""One connection parsed as SMTP: the `ParsedStream` of SMTP."""

from __future__ import annotations

from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.interface import Carried, Exchange, Extent, Unit
from tcptui.protocols.parts import Label, Part, PartText, exact_part, frame_at, once
from tcptui.protocols.smtp.conversation import read_conversation, smtp_sides
from tcptui.protocols.smtp.message import ClientUnit, Kind, Reply
from tcptui.protocols.stream.reassembly import Gap
from tcptui.protocols.stream.touching import by_frame, touched
from tcptui.protocols.tls.parse import parse_turned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.smtp.conversation import SmtpConversation
    from tcptui.protocols.smtp.message import SmtpUnit
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace
    from tcptui.protocols.tls.tls_stream import TlsStream

#: Most units of each side of which requests are made.
REQUESTS_READ: Final = 100_000


_NAMES: Final = {
    Kind.COMMAND: "smtp-command-hidden",
    Kind.CREDENTIALS: "smtp-credentials",
    Kind.UNKNOWN: "smtp-unknown",
    Kind.ENCRYPTED: "smtp-encrypted",
}


def parse_smtp(client: ByteStream, server: ByteStream, limit: int) -> SmtpStream | TlsStream | None:
    """The parsed connection, at most ``limit`` units of each side; None when it is not SMTP.

    Behind STARTTLS it is TLS where the session's keys open that, or it needs none.
    """
    sides = smtp_sides(client, server)
    if sides is None:
        return None
    stream = SmtpStream(*sides, limit)
    tls = parse_turned(client, server, limit)
    if tls is None:
        return stream
    tls.before = stream
    return tls


def frame_of(unit: SmtpUnit) -> int:
    """The frame number of the packet that completed ``unit``."""
    return unit.direction.delivered_frame(unit.stop - 1)


class SmtpStream:
    """The `ParsedStream` of SMTP; ``client`` is the side that sends commands."""

    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        self._client, self._server, self._limit = client, server, limit

    @cached_attribute
    def conversation(self) -> SmtpConversation:
        """The units of both sides; parsed on first use."""
        return read_conversation(self._client, self._server, self._limit)

    @cached_property
    def _of_side(self) -> dict[int, tuple[list[SmtpUnit], list[Unit]]]:
        """By side: its readable units in order, and the position of each."""
        sides: dict[int, tuple[list[SmtpUnit], list[Unit]]] = {}
        said: tuple[list[SmtpUnit], list[SmtpUnit]] = [*self.conversation.client], [*self.conversation.replies]
        for direction, units in zip((self._client, self._server), said, strict=True):
            sides[direction.side] = units, [Unit(one.start, one.stop, frame_of(one)) for one in units]
        return sides

    @cached_property
    def _shown(self) -> dict[int, dict[int, list[SmtpUnit]]]:
        """By side, the units that each frame completed."""
        return {side: by_frame(units, frame_of) for side, (units, _places) in self._of_side.items()}

    def shown_in(self, side: int, frame: int) -> list[SmtpUnit]:
        """The units of ``side`` that ``frame`` completed, in order."""
        return self._shown[side].get(frame, [])

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        _, places = self._of_side[place.direction.side]
        return touched(places, place.start, place.stop, lambda unit: unit.stop)

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        said = self.conversation
        return Extent(len(said.client) + len(said.replies), said.limited)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        _, places = self._of_side[place.direction.side]
        return self.conversation.limited and (not places or place.start >= places[-1].stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.smtp.tree import add_smtp  # imported late: a report needs no tree

        add_smtp(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        said = self.conversation
        units: list[SmtpUnit] = [*said.client, *said.replies, *said.encrypted]
        units.sort(
            key=lambda unit: (unit.direction.delivered_ns(unit.start), unit.direction is self._server, unit.start)
        )
        return (_part_of(unit) for unit in units)

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`: the command line without secrets and the reply's code; for DATA, the message's reply."""
        units = self.conversation.client
        for unit, follower in zip_longest(units, units[1:]):
            if unit.kind is Kind.COMMAND:
                has_message = follower and follower.kind is Kind.MESSAGE
                yield _exchange(unit, follower if has_message else unit)


def smtp_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    stream = parse_smtp(client, server, REQUESTS_READ)
    return None if stream is None else stream.requests()


def _exchange(unit: ClientUnit, last: ClientUnit) -> Exchange:
    first, reply = unit.reply, last.reply
    return Exchange(
        "smtp", unit.text, "" if reply is None else str(reply.code),
        Carried(unit.direction, unit.start, last.stop, unit.complete and last.complete),
        None if reply is None else Carried.of(reply),
        interim=() if first is None or first is reply else (Carried.of(first),),
    )  # fmt: skip


def _part_of(unit: SmtpUnit) -> Part:
    """The decoded part of one command, reply or message."""
    if isinstance(unit, Reply):
        return exact_part(unit.direction, unit.start, unit.stop, Label("smtp-reply", {"code": unit.code}))
    if unit.kind is Kind.COMMAND and not unit.hidden:
        return exact_part(unit.direction, unit.start, unit.stop, Label("smtp-command"))
    if unit.kind is Kind.MESSAGE:
        return _message(unit)
    text = unit.text.encode() + b"\r\n" if unit.kind is Kind.COMMAND else b""
    facts: dict[str, object] = {"count": f"{unit.hidden or unit.stop - unit.start:,}"}
    return Part(
        unit.direction.side, unit.start, unit.stop, frame_at(unit.direction, unit.start),
        unit.direction.delivered_ns(unit.start),
        Label(_NAMES[unit.kind], facts), once(unit.start, text),
    )  # fmt: skip


def _message(unit: ClientUnit) -> Part:
    troubles: list[str] = [] if unit.complete else ["cut"]
    return Part(
        unit.direction.side, unit.start, unit.stop, frame_at(unit.direction, unit.start),
        unit.direction.delivered_ns(unit.start),
        Label("smtp-message", {"count": f"{unit.body_stop - unit.start:,}"}), lambda: _text(unit, troubles),
        text=PartText.BODY,
        trouble=lambda: troubles[-1] if troubles else "",
    )  # fmt: skip


def _text(unit: ClientUnit, troubles: list[str]) -> Iterator[tuple[int, bytes]]:
    """The message up to its first gap, packet by packet, without dot-stuffing (RFC 5321, 4.5.2)."""
    before = b"\r\n"
    for piece in unit.direction.pieces(unit.start, unit.body_stop):
        if isinstance(piece, Gap):
            troubles.append("gap")
            return
        data = _unstuffed(before, piece.data) if unit.stuffed else piece.data
        before = (before + piece.data)[-2:]
        if data:
            yield piece.start, data


def _unstuffed(before: bytes, data: bytes) -> bytes:
    """``data`` without the first dot of lines that begin with one; ``before``: the two bytes in front of it."""
    joined = (before + data).replace(b"\r\n.", b"\r\n")
    # `before` is too short to contain a stuffed dot, so its length is unchanged.
    return joined[len(before) :]
