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

#: Names of reply codes, as ``tshark -G values`` prints them.
_CODES: Final = {
    211: "System status, or system help reply", 214: "Help message", 220: "<domain> Service ready",
    221: "<domain> Service closing transmission channel", 235: "Authentication successful",
    250: "Requested mail action okay, completed", 251: "User not local; will forward to <forward-path>",
    252: "Cannot VRFY user, but will accept message and attempt delivery", 334: "AUTH input",
    354: "Start mail input; end with <CRLF>.<CRLF>",
    421: "<domain> Service not available, closing transmission channel", 432: "A password transition is needed",
    450: "Requested mail action not taken: mailbox unavailable",
    451: "Requested action aborted: local error in processing",
    452: "Requested action not taken: insufficient system storage", 454: "Temporary authentication failed",
    500: "Syntax error, command unrecognized", 501: "Syntax error in parameters or arguments",
    502: "Command not implemented", 503: "Bad sequence of commands", 504: "Command parameter not implemented",
    530: "Authentication required", 534: "Authentication mechanism is too weak",
    535: "Authentication credentials invalid",
    538: "Encryption required for requested authentication mechanism",
    550: "Requested action not taken: mailbox unavailable", 551: "User not local; please try <forward-path>",
    552: "Requested mail action aborted: exceeded storage allocation",
    553: "Requested action not taken: mailbox name not allowed", 554: "Transaction failed",
}  # fmt: skip
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
    line = place.add(layer, f"Response: {_shown(raw)}", reply.start, first - reply.start, "smtp.response")
    name = _CODES.get(reply.code, "Unknown")
    place.add(line, f"Response code: {name} ({reply.code})", reply.start, _CODE, "smtp.response.code")
    for text, start in zip(reply.lines, reply.starts, strict=True):
        if text:
            length = len(text.encode("utf-8", "replace"))
            place.add(line, f"Response parameter: {text}", start + _CODE + 1, length, "smtp.rsp.parameter")
    if not reply.complete:
        line.concluded("The reply's end was not captured")


def _command(layer: Branch, unit: ClientUnit, place: FramePlace) -> None:
    text = unit.text
    if not unit.hidden:
        text = _shown(unit.direction.read(unit.start, min(unit.stop - unit.start, _LINE_SHOWN)))
    line = place.add(layer, f"Command Line: {text}", unit.start, unit.stop - unit.start, "smtp.command_line")
    place.add(line, f"Command: {unit.name}", unit.start, len(unit.verb), "smtp.req.command")
    if unit.parameter:
        start = unit.start + len(unit.verb) + 1
        length = len(unit.parameter.encode("utf-8", "replace"))
        place.add(line, f"Request parameter: {unit.parameter}", start, length, "smtp.req.parameter")
    if unit.hidden:
        line.concluded(f"Credentials are not shown: {unit.hidden} bytes", "smtp.auth.username_password")
    if not unit.complete:
        line.concluded("The line's end was not captured")


def _message(layer: Branch, unit: ClientUnit, place: FramePlace) -> None:
    length = unit.body_stop - unit.start
    line = place.add(layer, f"Message: {length} bytes", unit.start, length, "smtp.message")
    if not unit.complete:
        line.concluded("The message's end was not captured")
    elif unit.stop > unit.body_stop:
        place.add(layer, "EOM: .\\r\\n", unit.body_stop, unit.stop - unit.body_stop, "smtp.eom")


def _hidden(layer: Branch, unit: ClientUnit, place: FramePlace) -> None:
    """Append a line for bytes that are, or may be, a secret: their number only."""
    is_known = unit.kind is Kind.CREDENTIALS
    title = "Credentials are not shown" if is_known else "No command, and not shown for it may be a secret"
    field = "smtp.auth.username_password" if is_known else "smtp.command_line"
    place.add(layer, f"{title}: {unit.hidden} bytes", unit.start, unit.stop - unit.start, field)


def _shown(raw: bytes) -> str:
    """``raw`` as text, with its line end escaped."""
    return raw.decode("utf-8", "replace").replace("\r", "\\r").replace("\n", "\\n")
