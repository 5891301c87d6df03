"""RESP in the header tree of the packet that completed it, in Wireshark's terms; without secrets.

Wireshark 4.0 knows the types of RESP2 and calls others fragments; here they have lines in the words of the
specification, and no field, while the values in them have theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.redis.text import quoted
from tcptui.protocols.redis.tokens import Fault, Tokens
from tcptui.protocols.redis.value import AGGREGATES, BULKS, NOTHING, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.redis.redis_stream import Message
    from tcptui.protocols.redis.value import Token

#: Most lines of values in one packet's tree, and the deepest level that is a level of its own.
_VALUES_SHOWN: Final = 10_000
_DEPTH: Final = 30
#: Longest bulk string that stands in its line, and how much of a longer one is read.
_TEXT_MOST: Final = 4_096
_SHOWN_BYTES: Final = 40
_FIELDS: Final = {
    Kind.STRING: ("String", "resp.string"), Kind.ERROR: ("Error", "resp.error"),
    Kind.INTEGER: ("Integer", "resp.integer"), Kind.BULK: ("Bulk String", "resp.bulk_string"),
    Kind.ARRAY: ("Array", "resp.array"), Kind.NULL: ("Null", ""), Kind.BOOLEAN: ("Boolean", ""),
    Kind.DOUBLE: ("Double", ""), Kind.BIG_NUMBER: ("Big Number", ""), Kind.BULK_ERROR: ("Bulk Error", ""),
    Kind.VERBATIM: ("Verbatim String", ""), Kind.MAP: ("Map", ""), Kind.ATTRIBUTE: ("Attribute", ""),
    Kind.SET: ("Set", ""), Kind.PUSH: ("Push", ""),
}  # fmt: skip
_SECRET: Final = "not shown, for it may be a secret"


def add_redis(dissection: Dissection, place: FramePlace, messages: Sequence[Message]) -> None:
    """Append one layer with all ``messages`` that the packet completed; nothing without any."""
    if not messages:
        return
    for one in messages:
        if not place.holds(one.start, one.value.stop):
            add_reassembled(dissection, place.direction, one.start, one.value.stop, bytes_shown=not _holds_secrets(one))
    dissection.protocols.append("resp")
    start, stop = messages[0].start, messages[-1].value.stop
    layer = place.add(dissection.parent, "REdis Serialization Protocol", start, stop - start, "resp")
    layer.target = 0
    writer = _Writer(layer, place)
    for one in messages:
        writer.add(one)


def _holds_secrets(one: Message) -> bool:
    return one.hides_all or (not one.is_reply and one.command is not None and bool(one.command.secrets))


class _Writer:
    def __init__(self, layer: Branch, place: FramePlace) -> None:
        self._layer, self._place = layer, place
        self._tokens = Tokens(place.direction)
        self._left = _VALUES_SHOWN

    def add(self, one: Message) -> None:
        """Append the lines of one message."""
        value, place = one.value, self._place
        length = value.stop - value.start
        if one.hides_all:
            place.add(self._layer, f"{_SECRET.capitalize()}: {length} bytes", value.start, length)
        elif value.kind is Kind.SNAPSHOT:
            place.add(self._layer, f"Snapshot of the data set (RDB): {length} bytes", value.start, length)
        elif value.kind is Kind.INLINE:
            command = one.command
            text = "" if command is None else " ".join(
                _SECRET if at in command.secrets else quoted(item.data).decode("utf-8", "replace")
                for at, item in enumerate(value.items)
            )  # fmt: skip
            place.add(self._layer, f"Inline command: {text}", value.start, length)
        else:
            self._values(one)
        if not value.complete:
            self._layer.concluded("Not all of it was captured")

    def _values(self, one: Message) -> None:
        value, at, number = one.value, one.start, 0
        secrets, shown = frozenset[int](), 1 << 31
        if one.command is not None and not one.is_reply:
            secrets, shown = one.command.secrets, one.command.shown_items
        levels = [(self._layer, 1)]
        while at < value.stop:
            token = self._tokens.token(at)
            if isinstance(token, Fault):
                return
            if not self._left:
                self._layer.concluded("More values are not shown")
                return
            self._left -= 1
            while len(levels) > 1 and not levels[-1][1]:
                levels.pop()
            parent, due = levels[-1]
            levels[-1] = parent, due - (token.kind is not Kind.ATTRIBUTE)
            is_simple = token.kind not in AGGREGATES
            is_secret = is_simple and (number in secrets or number >= shown)
            line = self._line(parent, token, value.stop, is_secret=is_secret)
            number += is_simple
            following = max(token.number, 0) * AGGREGATES.get(token.kind, 0)
            if following and len(levels) < _DEPTH:
                levels.append((line, following))
            elif following:
                levels[-1] = parent, levels[-1][1] + following
            at = token.stop

    def _line(self, parent: Branch, token: Token, end: int, *, is_secret: bool) -> Branch:
        place, (title, field) = self._place, _FIELDS[token.kind]
        stop = min(token.stop, end)
        if token.kind in BULKS:
            return self._bulk(parent, token, stop, is_secret=is_secret)
        if token.kind in AGGREGATES:
            return self._aggregate(parent, token, end)
        text = _SECRET if is_secret else token.line.decode("utf-8", "replace")
        length = min(len(token.line), stop - token.start - 1)
        return place.add(parent, f"{title}: {text}" if text else title, token.start + 1, length, field)

    def _aggregate(self, parent: Branch, token: Token, end: int) -> Branch:
        place, (title, field) = self._place, _FIELDS[token.kind]
        said = "[NULL]" if token.number == NOTHING else f"Length {token.number}" if token.number else "Empty"
        whole = end if parent is self._layer else token.stop
        line = place.add(parent, f"{title}: {said}", token.start, whole - token.start, field)
        name = "resp.array.length" if token.kind is Kind.ARRAY else ""
        place.add(line, f"Length: {token.number}", token.start, token.stop - token.start, name)
        return line

    def _bulk(self, parent: Branch, token: Token, stop: int, *, is_secret: bool) -> Branch:
        place, direction, (title, field) = self._place, self._place.direction, _FIELDS[token.kind]
        head = (token.stop if token.number == NOTHING else token.body) - token.start
        is_bulk = token.kind is Kind.BULK
        text, data = "", b""
        if token.number == NOTHING:
            text = "[NULL]"
        elif is_secret:
            text = _SECRET
        else:
            data = direction.read(token.body, min(token.number, _TEXT_MOST))
            text = data.split(b"\0", 1)[0].decode("ascii") if data.isascii() else ""
        label = title if not text and not (is_bulk and data.isascii()) else f"{title}: {text}"
        line = place.add(parent, label, token.start, stop - token.start, field)
        name = "resp.bulk_string" if is_bulk else ""
        place.add(line, f"Length: {token.number}", token.start, head, f"{name}.length" if is_bulk else "")
        if token.number > 0 and not is_secret:
            known = max(min(token.number, direction.length - token.body), 0)
            value = f"Value: {shortened(data[:_SHOWN_BYTES])}"
            place.add(line, value, token.body, known, f"{name}.value" if is_bulk else "")
        return line
