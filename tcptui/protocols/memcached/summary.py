"""What the payload of one packet says of memcached, in one line, without values."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.memcached.binary_reader import is_header
from tcptui.protocols.memcached.codes import HEADER, OPCODES, REQUEST, RESPONSE, status_text
from tcptui.protocols.memcached.message import key_place
from tcptui.protocols.memcached.text import SHORT_LINE, command_of, reply_of
from tcptui.protocols.secret_store_keys import key_text

#: Words that a line of an answer has to begin with to be named: others speak so, too.
_TOLD: Final = frozenset({"VALUE", "VA"})


def memcached_summary(payload: bytes) -> str:
    """The command that ``payload`` begins with, or the answer that has a value; else empty.

    Text from the packet, not yet safe to print.
    """
    if payload[:1] in (b"\x80", b"\x81"):
        return _binary(payload)
    end = payload.find(b"\n", 0, SHORT_LINE)
    line = payload[: max(end, 0)].removesuffix(b"\r")
    command = command_of(line)
    if command is not None and command.is_known and (command.key or command.size >= 0):
        more = f" +{command.keys - 1}" if command.keys > 1 else ""
        return f"{command.name} {key_text(command.key)}{more}"
    reply = reply_of(line)
    if reply is None or reply.name not in _TOLD:
        return ""
    return f"VALUE {key_text(line.split(b' ')[1])}" if reply.name == "VALUE" else reply.name


def _binary(payload: bytes) -> str:
    magic = payload[0]
    if not is_header(payload[:HEADER], magic) or payload[1] not in OPCODES:
        return ""
    at, length = key_place(payload)
    key = key_text(payload[at : at + length])
    said = f"{OPCODES[payload[1]].title or OPCODES[payload[1]].name} {'Request' if magic == REQUEST else 'Response'}"
    code = int.from_bytes(payload[6:8])
    return f"{said} {key}".rstrip() + (f": {status_text(code)}" if magic == RESPONSE and code else "")
