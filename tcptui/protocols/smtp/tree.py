"""SMTP in the header tree of the packet that completed it, in Wireshark's terms; without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.smtp.message import ClientUnit, Kind, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.smtp.message import SmtpUnit

_LINE_SHOWN: Final = 512
_CODE: Final = 3


def add_smtp(dissection: Dissection, place: FramePlace, units: Sequence[SmtpUnit]) -> None:
    """Append one layer with all ``units`` that the packet completed; nothing without any."""
    if not units:
        return
    for unit in units:
        if not place.holds(unit.start, unit.stop):
            secret = isinstance(unit, ClientUnit) and unit.hidden > 0
            add_reassembled(dissection, unit.direction, unit.start, unit.stop, bytes_shown=not secret)
    dissection.protocols.append("smtp")
    start, stop = units[0].start, units[-1].stop
    layer = place.add(dissection.parent, "Simple Mail Transfer Protocol", start, stop - start, "smtp")
    layer.target = 0
    for unit in units:
        if isinstance(unit, Reply):
            _reply(layer, unit, place)
        elif unit.kind is Kind.COMMAND:
            _command(layer, unit, place)
        elif unit.kind is Kind.MESSAGE:
            _message(layer, unit, place)
        else:
            _hidden(layer, unit, place)


def _reply(layer: Branch, reply: Reply, place: FramePlace) -> None:
    first = reply.starts[1] if len(reply.starts) > 1 else reply.stop
    raw = reply.direction.read(reply.start, min(first - reply.start, _LINE_SHOWN))
    line = place.put(layer, "smtp.response", _shown(raw), reply.start, first - reply.start)
    place.put(line, "smtp.response.code", reply.code, reply.start, _CODE)
    for text, start in zip(reply.lines, reply.starts, strict=True):
        if text:
            length = len(text.encode("utf-8", "replace"))
            place.put(line, "smtp.rsp.parameter", text, start + _CODE + 1, length)
    if not reply.complete:
        line.concluded("The reply's end was not captured")


def _command(layer: Branch, unit: ClientUnit, place: FramePlace) -> None:
    text = unit.text
    if not unit.hidden:
        text = _shown(unit.direction.read(unit.start, min(unit.stop - unit.start, _LINE_SHOWN)))
    line = place.put(layer, "smtp.command_line", text, unit.start, unit.stop - unit.start)
    place.put(line, "smtp.req.command", unit.name, unit.start, len(unit.verb))
    if unit.parameter:
        start = unit.start + len(unit.verb) + 1
        length = len(unit.parameter.encode("utf-8", "replace"))
        place.put(line, "smtp.req.parameter", unit.parameter, start, length)
    if unit.hidden:
        line.concluded(f"Credentials are not shown: {unit.hidden} bytes", "smtp.auth.username_password")
    if not unit.complete:
        line.concluded("The line's end was not captured")


def _message(layer: Branch, unit: ClientUnit, place: FramePlace) -> None:
    length = unit.body_stop - unit.start
    line = place.put(layer, "smtp.message", f"{length} bytes", unit.start, length)
    if not unit.complete:
        line.concluded("The message's end was not captured")
    elif unit.stop > unit.body_stop:
        place.put(layer, "smtp.eom", ".\\r\\n", unit.body_stop, unit.stop - unit.body_stop)


def _hidden(layer: Branch, unit: ClientUnit, place: FramePlace) -> None:
    """Append a line for bytes that are, or may be, a secret: their number only."""
    is_known = unit.kind is Kind.CREDENTIALS
    title = "Credentials are not shown" if is_known else "No command, and not shown for it may be a secret"
    field = "smtp.auth.username_password" if is_known else "smtp.command_line"
    place.add(layer, f"{title}: {unit.hidden} bytes", unit.start, unit.stop - unit.start, field)


def _shown(raw: bytes) -> str:
    """``raw`` as text, with its line end escaped."""
    return raw.decode("utf-8", "replace").replace("\r", "\\r").replace("\n", "\\n")
