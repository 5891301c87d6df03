"""What the payload of one packet says of MongoDB, in one line, without what is secret in it."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.mongodb.codes import HEADER, OPCODES
from tcptui.protocols.mongodb.command import command_of
from tcptui.protocols.mongodb.detection import asked_by, begins_mongodb
from tcptui.protocols.mongodb.message import Message
from tcptui.protocols.mongodb.reader import Head
from tcptui.protocols.stream.segment_place import lone_segment

#: Messages that are named, and characters of what they say.
_NAMED: Final = 8
_TEXT_MOST: Final = 300


def mongodb_summary(payload: bytes) -> str:
    """The messages that ``payload`` begins with; empty where it begins with none.

    Text from the packet, not yet safe to print.
    """
    if not begins_mongodb(payload):
        return ""
    is_client = asked_by(payload) is not None
    direction, _ = lone_segment(payload, len(payload), 0, 1, 0)
    at, said = 0, list[str]()
    while len(said) < _NAMED and (head := Head.of(payload[at : at + HEADER], is_client=is_client)) is not None:
        if is_client:
            stop = min(at + head.size, len(payload))
            one = Message(direction, at, stop, at + head.size == stop, False, *head)
            said.append(command_of(one, one.content()).operation)
        else:
            said.append(f"response, {OPCODES[head.opcode]}")
        at += head.size
    return ", ".join(said)[:_TEXT_MOST]
