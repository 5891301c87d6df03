"""Names as they stand in messages (RFC 1035, 4.1.4), read within bounds from bytes that may be hostile."""

from __future__ import annotations

from typing import Final

#: Longest name in bytes, its last zero included (RFC 1035, 2.3.4), and so most pointers that say anything.
NAME_MOST: Final = 255
#: Characters of a name that are shown.
NAME_SHOWN: Final = 60
_POINTER: Final = 0xC0
#: What the root is called.
ROOT: Final = "<Root>"


class BadName(ValueError):  # noqa: N818  (what is bad is told by the name)
    """The bytes are no name: cut, a loop, or longer than a name may be."""


def read_name(data: bytes, at: int) -> tuple[list[bytes], int]:
    """The labels of the name at ``at`` in a message, and the offset behind it.  Raises `BadName`.

    A pointer leads backwards from where its name began, so that no loop is possible.
    """
    labels: list[bytes] = []
    behind, size, low = -1, 1, at
    try:
        while length := data[at]:
            if length < 0x40:
                label = data[at + 1 : at + 1 + length]
                size += length + 1
                if len(label) < length or size > NAME_MOST:
                    raise BadName
                labels.append(label)
                at += 1 + length
                continue
            if length < _POINTER:
                raise BadName  # no other kind of label is in use (RFC 6891, 5)
            target = (length & 0x3F) << 8 | data[at + 1]
            if behind < 0:
                behind = at + 2
            if target >= low:
                raise BadName
            at = low = target
    except IndexError:
        raise BadName from None
    return labels, at + 1 if behind < 0 else behind


def text_of(labels: list[bytes]) -> str:
    """A name as Wireshark writes it; not yet safe to print."""
    return b".".join(labels).decode("utf-8", "replace") or ROOT
