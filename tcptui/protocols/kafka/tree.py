"""Messages of Kafka in the header tree of the packet that completed them, in Wireshark's terms; without secrets."""

from __future__ import annotations

from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.frame import date_text
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.kafka.apis import LENGTH, NAMELESS_HEAD, error_text, name_of, names_client
from tcptui.protocols.kafka.message import Kind, holds_secrets, walk_of
from tcptui.protocols.kafka.titles import FIELDS, MOMENTS, NAMES, title_of
from tcptui.protocols.kafka.tree_records import add_records
from tcptui.protocols.secrets_out import uri_without_secrets, words_without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.kafka.conversation import Said
    from tcptui.protocols.kafka.message import Message
    from tcptui.protocols.kafka.walk import Item

#: Most messages in one packet's tree, and lines of one.
_MESSAGES_SHOWN: Final = 1_000
_LINES_MOST: Final = 2_000
#: Requests that Wireshark calls otherwise.
_CALLED: Final = {2: "Offsets"}
_NS_PER_MS: Final = 1_000_000
#: Where nanoseconds no longer fit into 64 bits.
_LAST_MS: Final = (1 << 63) // _NS_PER_MS
_NULL: Final = "[ Null ]"


def add_kafka(dissection: Dissection, place: FramePlace, said: Sequence[Said]) -> None:
    """Append a layer for each message of Kafka that the packet completed."""
    for one in said[:_MESSAGES_SHOWN]:
        message = one.message
        if not place.holds(message.start, message.stop):
            shown = not holds_secrets(one.request)
            add_reassembled(dissection, place.direction, message.start, message.stop, bytes_shown=shown)
        dissection.protocols.append("kafka")
        layer = place.add(dissection.parent, _title(one), message.start, message.stop - message.start, "kafka")
        layer.target = 0
        _Lines(layer, place, one).write()
        if not message.complete:
            layer.concluded("Not all of it was captured")
    if len(said) > _MESSAGES_SHOWN:
        dissection.parent.concluded("More messages of Kafka are not shown")


def _title(one: Said) -> str:
    request = one.request
    if request is None:
        return "Kafka (Response)" if one.message.kind is Kind.RESPONSE else "Kafka (Authentication)"
    kind = "Request" if one.message is request else "Response"
    return f"Kafka ({_name(request.api)} v{request.version} {kind})"


def _name(api: int) -> str:
    return _CALLED.get(api) or name_of(api)


class _Lines:
    def __init__(self, layer: Branch, place: FramePlace, one: Said) -> None:
        self._layer, self._place, self._message, self._request = layer, place, one.message, one.request

    def _add(self, label: str, start: int, size: int, field: str, parent: Branch | None = None) -> Branch:
        return self._place.add(parent or self._layer, label, start, size, field)

    def write(self) -> None:
        """All lines."""
        message, request = self._message, self._request
        start = message.start
        self._add(f"Length: {message.size}", start, LENGTH, "kafka.len")
        if message.kind is Kind.TOKEN:
            return
        if request is message:
            self._add(f"API Key: {_name(message.api)} ({message.api})", start + 4, 2, "kafka.api_key")
            self._add(f"API Version: {message.version}", start + 6, 2, "kafka.api_version")
            self._add(f"Correlation ID: {message.correlation}", start + 8, 4, "kafka.correlation_id")
            if names_client(message.api, message.version):
                client = _NULL if message.client is None else _text("", message.client)
                size = 2 + len(message.client or b"")
                self._add(f"Client ID: {client}", start + NAMELESS_HEAD, size, "kafka.client_id")
        elif message.stop - start >= 2 * LENGTH:
            self._add(f"Correlation ID: {message.correlation}", start + 4, 4, "kafka.correlation_id")
            if request is not None:
                self._answers(request)
        if request is not None:
            self._body(message, request)

    def _answers(self, request: Message) -> None:
        line = self._layer.concluded(f"Request Frame: {request.frame}", "kafka.request_frame")
        line.target = request.frame
        self._layer.concluded(f"API Key: {_name(request.api)} ({request.api})", "kafka.api_key")
        self._layer.concluded(f"API Version: {request.version}", "kafka.response.version")

    def _body(self, message: Message, request: Message) -> None:
        found = walk_of(message, request)
        if found is None:
            self._layer.concluded("What this version consists of is not known here")
            return
        walk, items = found
        shown = [item for item in islice(items, _LINES_MOST + 1) if not walk.is_cut]
        if len(shown) <= _LINES_MOST and not walk.is_sound:
            self._layer.concluded("It does not fit its version as that is known here")
            return
        parents = [self._layer]
        groups: list[tuple[Item, Branch]] = []
        for item in shown[:_LINES_MOST]:
            del parents[item.depth + 1 :]
            if item.field.form == "[":
                branch = self._add(item.field.name.replace("-", " "), item.start, 1, "", parents[-1])
                parents.append(branch)
                groups.append((item, branch))
            else:
                self._item(item, parents[-1])
        for item, branch in groups:
            _widen(branch, item, self._place)
        if len(shown) > _LINES_MOST:
            self._layer.concluded("More fields are not shown")

    def _item(self, item: Item, parent: Branch) -> None:
        name, form, size = item.field.name, item.field.form, item.stop - item.start
        title, field = item.field.title, ""
        if not title:
            title, field = title_of(name), f"kafka.{FIELDS.get(name, name)}"
        if form == "x":
            parent.concluded(f"{title}: not shown, {max(item.size, 0)} bytes")
        elif form == "r":
            add_records(self._place, parent, item.at, item.size)
        elif form in "yz":
            kind = "not shown, " if form == "z" else ""
            self._add(f"{title}: {kind}{max(item.size, 0)} bytes", item.start, size, "", parent)
        elif form == "s":
            text = _NULL if item.size < 0 else _text(name, item.value)
            self._add(f"{title}: {text}", item.start, size, field, parent)
        elif isinstance(item.value, bytes):
            self._add(f"{title}: {shortened(item.value)}", item.start, size, field, parent)
        else:
            self._add(f"{title}: {_number(name, form, item.value)}", item.start, size, field, parent)


def _number(name: str, form: str, value: int) -> str:
    if name == "error":
        return f"{error_text(value).partition(' ')[2] if value else 'No Error'} ({value})".lstrip()
    if name == "api_versions.api_key":
        return f"{_name(value)} ({value})"
    if name == "offset_time":
        return f"{value}{MOMENTS.get(value, '')}"
    if form == "?":
        return str(bool(value))
    if form == "I":
        return f"0x{value:08x}"
    if form == "t":
        return date_text(value * _NS_PER_MS, UTC) if 0 <= value < _LAST_MS else "Not representable"
    named = NAMES.get(name, {}).get(value)
    return str(value) if named is None else f"{named} ({value})"


def _text(name: str, value: int | bytes) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
    return words_without_secrets(text) if name in ("error_message", "metadata") else uri_without_secrets(text)


def _widen(branch: Branch, item: Item, place: FramePlace) -> None:
    """Gives the line of one of any number its bytes, which are known behind it."""
    segment = place.segment
    low, high = max(item.start, segment.start), min(item.stop, segment.stop)
    if low < high:
        branch.start, branch.length = place.payload + low - segment.start, high - low
