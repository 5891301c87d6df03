"""The lines of a message of the binary protocol in the header tree, in Wireshark's terms; without values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.memcached import codes
from tcptui.protocols.memcached.codes import HEADER, OPCODES, STATUSES, status_text
from tcptui.protocols.secret_store_keys import key_text

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.memcached.message import Message


def _both(*quiet_too: str) -> frozenset[int]:
    """Opcodes of the commands of these names, quiet ones too."""
    return frozenset(number for number, one in OPCODES.items() if one.title and one.name in quiet_too)


_GETS: Final = _both("get")
_STORES: Final = _both("set", "add", "replace")
_JOINS: Final = _both("append", "prepend")
_COUNTS: Final = _both("incr", "decr")
_DELETES, _QUITS, _FLUSHES = _both("delete"), _both("quit"), _both("flush_all")
_BARE: Final = _DELETES | _QUITS | _JOINS | {codes.VERSION, codes.STAT}
#: What a message of each kind must not have, and must have (Wireshark's rules).
_NO_KEY: Final = _QUITS | {codes.NO_OP, codes.VERSION}
_NO_KEY_ANSWERED: Final = _STORES | _DELETES | _FLUSHES | _JOINS
_KEY_ASKED: Final = _GETS | _STORES | _DELETES | _COUNTS
_NO_VALUE: Final = _DELETES | _QUITS | _FLUSHES | {codes.NO_OP}
_NO_VALUE_ASKED: Final = _GETS | _COUNTS | {codes.VERSION}
_VALUE_ASKED: Final = _STORES | _JOINS
_COUNTER: Final = 8


def add_binary(layer: Branch, place: FramePlace, message: Message) -> None:
    """Append the lines of ``message`` to its ``layer``."""
    _Lines(layer, place, message).write()


class _Lines:
    def __init__(self, layer: Branch, place: FramePlace, message: Message) -> None:
        self._layer, self._place, self._message = layer, place, message
        size = HEADER + codes.EXTRAS_MOST + codes.KEY_MOST
        self._data = place.direction.read(message.start, min(size, message.stop - message.start))

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size])

    def _add(self, label: str, at: int, size: int, field: str, parent: Branch | None = None) -> Branch:
        return self._place.add(parent or self._layer, label, self._message.start + at, size, f"memcache.{field}")

    def write(self) -> None:
        """All lines."""
        message, opcode = self._message, self._message.opcode
        is_request = not message.is_answer
        kind, known = "Request" if is_request else "Response", OPCODES.get(opcode)
        title = known.title if known is not None else ""
        self._layer.label = f"Memcache Protocol, {title or f'Unknown opcode ({opcode})'} {kind}"
        if len(self._data) < HEADER:
            return
        self._add(f"Magic: {kind} ({self._data[0]})", 0, 1, "magic")
        line = self._add(f"Opcode: {title or 'Unknown'} ({opcode})", 1, 1, "opcode")
        if not title:
            ours = f" ({known.name})" if known is not None else ""
            self._warn(line, f"Unknown opcode: {opcode}{ours}", "opcode.unknown")
        key, extras, status, body = self._number(2, 2), self._data[4], self._number(6, 2), self._number(8, 4)
        self._add(f"Key Length: {key}", 2, 2, "key.length")
        self._add(f"Extras length: {extras}", 4, 1, "extras.length")
        self._add("Data type: Raw bytes (0)", 5, 1, "data_type")
        self._status(status, title or f"Unknown opcode ({opcode})", is_request=is_request)
        self._layer.concluded(f"Value length: {body - extras - key}", "memcache.value.length")
        self._add(f"Total body length: {body}", 8, 4, "total_body_length")
        self._add(f"Opaque: {self._number(12, 4)}", 12, 4, "opaque")
        self._add(f"CAS: {self._number(16, 8)}", 16, 8, "cas")
        name = f"{title or f'Opcode {opcode}'} {kind}"
        if not status:
            self._extras(opcode, extras, name, is_request=is_request)
            self._key(opcode, HEADER + extras, key, name, is_request=is_request)
            self._value(opcode, body - extras - key, name, is_request=is_request)
        elif body:
            self._layer.concluded(f"Value is not shown: {body} bytes")
        else:
            said = f"with status {STATUSES.get(status, 'Unknown')} ({status}) must have Value"
            self._lack(f"{title or f'Opcode {opcode}'} {said}", "value.missing")

    def _status(self, status: int, title: str, *, is_request: bool) -> None:
        if is_request:
            line = self._add(f"Reserved: {status}", 6, 2, "reserved")
            if status:
                self._warn(line, f"Reserved value: {status}", "reserved.expert")
            return
        named = STATUSES.get(status) or status_text(status).partition(" ")[2] or "Unknown"
        line = self._add(f"Status: {named if status else 'No error'} ({status})", 6, 2, "status")
        if status:
            said = STATUSES.get(status, f"Status: {status}")
            line.expert(ExpertLevel.NOTE, "Response", f"{title}: {said}", "memcache.status.response")

    def _extras(self, opcode: int, length: int, name: str, *, is_request: bool) -> None:
        wanted: tuple[tuple[str, str, int], ...] = ()
        if opcode in _GETS:
            wanted = () if is_request else (("Flags", "flags", 4),)
        elif opcode in _STORES:
            wanted = (("Flags", "flags", 4), ("Expiration", "expiration", 4)) if is_request else ()
        elif opcode in _COUNTS:
            wanted = (("Amount to add", "delta", 8), ("Initial value", "initial", 8), ("Expiration", "expiration", 4))
            wanted = wanted if is_request else ()
        elif opcode in _FLUSHES and length:
            wanted = (("Expiration", "expiration", 4),)
        if not length:
            if wanted:
                self._lack(f"{name} must have Extras", "extras.missing")
            return
        line = self._add("Extras", HEADER, length, "extras")
        if not wanted:
            rest = self._add(f"Unknown: {shortened(self._data[HEADER : HEADER + length])}", HEADER, length,
                             "extras.unknown", line)  # fmt: skip
            if opcode in _GETS | _STORES | _COUNTS | _BARE:
                self._warn(rest, f"{name} shall not have Extras", "extras.notexpected")
            return
        at = HEADER
        for title, field, size in wanted:
            value = self._number(at, size)
            self._add(f"{title}: {f'0x{value:08x}' if field == 'flags' else value}", at, size, f"extras.{field}", line)
            at += size
        if at - HEADER != length:
            self._warn(line, f"Illegal Extras length, should be {at - HEADER}", "extras.notexpected")

    def _key(self, opcode: int, at: int, length: int, name: str, *, is_request: bool) -> None:
        if not length:
            if is_request and opcode in _KEY_ASKED:
                self._lack(f"{name} must have Key", "key.missing")
            return
        line = self._add(f"Key: {key_text(self._data[at : at + length])}", at, length, "key")
        if opcode in _NO_KEY or (not is_request and opcode in _NO_KEY_ANSWERED):
            self._warn(line, f"{name} shall not have Key", "key.notexpected")

    def _value(self, opcode: int, length: int, name: str, *, is_request: bool) -> None:
        if not length:
            if is_request and opcode in _VALUE_ASKED:
                self._lack(f"{name} must have Value", "value.missing")
            return
        line = self._layer.concluded(f"Value is not shown: {length} bytes")
        if not is_request and opcode in (codes.INCREMENT, codes.DECREMENT) and length != _COUNTER:
            self._warn(line, "Illegal Value length, should be 8", "value.invalid")
        if opcode in _NO_VALUE or opcode in (_NO_VALUE_ASKED if is_request else _VALUE_ASKED):
            self._warn(line, f"{name} shall not have Value", "value.notexpected")

    def _lack(self, text: str, field: str) -> None:
        self._warn(self._layer.add(text), text, field)

    def _warn(self, line: Branch, text: str, field: str) -> None:
        line.expert(ExpertLevel.WARNING, "Undecoded", text, f"memcache.{field}")
