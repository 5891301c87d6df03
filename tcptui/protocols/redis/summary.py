"""What the payload of one packet says of commands of Redis, in one line, without what is secret in them."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.redis.command import Command
from tcptui.protocols.redis.detection import begins_redis
from tcptui.protocols.redis.reader import Reader
from tcptui.protocols.redis.value import Value
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.stream.segment_place import lone_segment

#: Most commands that are named, and bytes kept of what they say.
_NAMED: Final = 8
_TEXT_MOST: Final = 200


def redis_summary(payload: bytes) -> str:
    """The commands that ``payload`` begins with; empty where it begins with none.

    Text from the packet, not yet safe to print.
    """
    if not begins_redis(payload):
        return ""
    direction, _ = lone_segment(payload, len(payload), 0, 1, 0)
    reader, said = Reader(direction, commands=True, begins=True), list[str]()
    while len(said) < _NAMED and isinstance(found := reader.next(), Value):
        command = Command.of(found)
        secrets = command.secrets
        words = [LEFT_OUT.encode() if at in secrets else item.data for at, item in enumerate(found.items)]
        said.append(b" ".join(words)[:_TEXT_MOST].decode("utf-8", "replace"))
    return ", ".join(said)
