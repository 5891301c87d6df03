"""The decoded parts of an SMTP connection: commands without secrets, replies, messages without stuffed dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import Label, Part, PartText, exact_part, frame_at, once
from tcptui.protocols.smtp.message import ClientUnit, Kind, Reply
from tcptui.protocols.stream.reassembly import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.smtp.message import SmtpUnit


_NAMES: Final = {
    Kind.COMMAND: "smtp-command-hidden",
    Kind.CREDENTIALS: "smtp-credentials",
    Kind.UNKNOWN: "smtp-unknown",
    Kind.ENCRYPTED: "smtp-encrypted",
}


def part_of(unit: SmtpUnit) -> Part:
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
        data = unstuffed(before, piece.data) if unit.stuffed else piece.data
        before = (before + piece.data)[-2:]
        if data:
            yield piece.start, data


def unstuffed(before: bytes, data: bytes) -> bytes:
    """``data`` without the first dot of lines that begin with one; ``before``: the two bytes in front of it."""
    joined = (before + data).replace(b"\r\n.", b"\r\n")
    # `before` is too short to contain a stuffed dot, so its length is unchanged.
    return joined[len(before) :]
