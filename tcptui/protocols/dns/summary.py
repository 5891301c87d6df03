"""What the payload of one packet says of questions and answers of DNS, in one line."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.dns.codes import rcode_name
from tcptui.protocols.dns.message import PREFIX, begins_answer, is_sound, read_head

#: Most messages that are named.
_NAMED: Final = 8


def dns_summary(payload: bytes) -> str:
    """The messages that ``payload`` begins with; empty where it begins with none.

    They are whole, but for an answer that goes on in the next packets.

    Text from the packet, not yet safe to print.
    """
    said, at = list[str](), 0
    while len(said) < _NAMED:
        size = int.from_bytes(payload[at : at + PREFIX])
        data = payload[at + PREFIX : at + PREFIX + size]
        head = read_head(data) if is_sound(data, size) or begins_answer(data, size) else None
        if head is None:
            break
        said.append(f"{head.question} {rcode_name(head.code)}" if head.is_response else head.operation)
        at += PREFIX + size
    return ", ".join(said)
