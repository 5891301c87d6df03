"""The lines of a message of the text protocol in the header tree, in Wireshark's terms; without values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.memcached.codes import ERRORS
from tcptui.protocols.memcached.text import CRLF, LINE_MOST, command_of
from tcptui.protocols.secret_store_keys import key_text
from tcptui.protocols.secrets_out import words_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.memcached.message import Message

#: Lines of one message, at most.
_LINES_MOST: Final = 10_000
_TOKEN: Final = re.compile(rb"[^ \r\n]+")
#: Numbers that Wireshark's fields hold.
_FLAGS_MOST: Final = 0xFFFF
_NUMBER_MOST: Final = 0xFFFF_FFFF
_KEY, _LENGTH, _NOREPLY, _REST = "key", "length", "noreply", ""
#: What the words behind a command are, in order; the last of those with many goes on.
_STORED: Final = (_KEY, "flags", "expiration", _LENGTH)
_MEANT: Final = {
    **dict.fromkeys(("set", "add", "replace", "append", "prepend"), _STORED), "cas": (*_STORED, "cas"),
    **dict.fromkeys(("get", "gets"), (_KEY,)), **dict.fromkeys(("gat", "gats"), ("expiration", _KEY)),
    **dict.fromkeys(("incr", "decr", "mg", "md", "ma", "me"), (_KEY,)), "ms": (_KEY, _LENGTH),
    "delete": (_KEY, "expiration"), "touch": (_KEY, "expiration"), "flush_all": ("expiration",),
    "stats": ("subcommand",), "VALUE": (_KEY, "flags", _LENGTH, "cas"), "CONFIG": (_KEY, "flags", _LENGTH),
    "VA": (_LENGTH,),
}  # fmt: skip
_MANY: Final = frozenset({"get", "gets", "gat", "gats"})
_NUMBERS: Final = {
    "flags": ("Flags", _FLAGS_MOST), "expiration": ("Expiration", _NUMBER_MOST), "cas": ("CAS", (1 << 64) - 1),
    _LENGTH: ("Value length", _NUMBER_MOST),
}  # fmt: skip


class TextLines:
    """Writes the lines of one message."""

    def __init__(self, layer: Branch, place: FramePlace, message: Message) -> None:
        self._layer, self._place, self._message = layer, place, message
        self._lines = _LINES_MOST

    def write(self) -> None:
        """All lines."""
        message = self._message
        if not message.is_answer:
            data = self._line(message.start)
            self._command(data)
            return
        at = message.start
        while at < message.stop:
            data = self._line(at)
            following = self._answer(at, data)
            if following <= at or self._lines < 0:
                return
            at = following

    def _line(self, start: int) -> bytes:
        """The line at ``start`` with its end, as far as it was captured."""
        data = self._place.direction.read(start, min(LINE_MOST, self._message.stop - start))
        return data[: data.find(b"\n") + 1] or data

    def _add(self, label: str, start: int, length: int, field: str = "") -> Branch:
        self._lines -= 1
        return self._place.add(self._layer, label, start, length, field)

    def _command(self, data: bytes) -> None:
        start = self._message.start
        tokens = _tokens(data)
        name, at = next(tokens, (b"", 0))
        self._add(f"Command: {_shown(name)}", start + at, len(name), "memcache.command")
        said = command_of(data.rstrip(CRLF))
        if said is None or not said.is_known:
            if rest := data[at + len(name) :].strip():
                self._layer.concluded(f"{len(rest)} more bytes of an unknown command")
            return
        length = self._words(start, said.name, tokens)
        if said.size >= 0:
            self._value(length)
            if not said.size and said.name != "ms":
                self._lack(f"{said.name.capitalize()} Request must have Value", "memcache.value.missing")

    def _words(self, start: int, name: str, tokens: Iterator[tuple[bytes, int]]) -> int:
        """The words behind the first; returns the length of a value that they tell."""
        meant, number, length = _MEANT.get(name, ()), 0, -1
        for word, at in tokens:
            if word == b"noreply":
                self._add("Noreply: noreply", start + at, len(word), "memcache.noreply")
                continue
            kind = meant[number] if number < len(meant) else meant[-1] if name in _MANY else _REST
            number += 1
            if kind == _KEY:
                self._add(f"Key: {key_text(word)}", start + at, len(word), "memcache.key")
            elif kind == "subcommand":
                self._add(f"Sub command: {_shown(word)}", start + at, len(word), "memcache.subcommand")
            elif kind and word.lstrip(b"-").isdigit():
                self._number(kind, word, start + at)
                length = int(word) if kind == _LENGTH else length
            elif name in ("incr", "decr"):
                self._layer.concluded("Amount is not shown")
            elif word[:1].isalpha():
                self._add(f"Flag: {chr(word[0])}", start + at, len(word))  # of a meta command; its value may be a key
        return length

    def _number(self, kind: str, word: bytes, at: int) -> None:
        title, most = _NUMBERS[kind]
        field = "memcache.value.length" if kind == _LENGTH else f"memcache.{kind}"
        value = int(word)
        if kind == "expiration":
            value &= _NUMBER_MOST  # less than 0: at once
        self._add(f"{title}: {value}", at, len(word), field if value <= most else "")

    def _value(self, length: int) -> None:
        if length > 0:
            self._layer.concluded(f"Value is not shown: {length} bytes")

    def _lack(self, text: str, field: str) -> None:
        self._layer.add(text).expert(ExpertLevel.WARNING, "Undecoded", text, field)

    # -- answers -------------------------------------------------------------------------------
    def _answer(self, start: int, data: bytes) -> int:
        """One line of an answer; returns where the next begins."""
        tokens = _tokens(data)
        word, at = next(tokens, (b"", 0))
        name, stop = _shown(word), start + len(data)
        if name in ("VALUE", "CONFIG", "VA"):
            length = self._words(start, name, tokens)
            self._value(length)
            return stop if length < 0 else stop + length + len(CRLF)
        if name in ("STAT", "ITEM", "PREFIX"):
            self._statistic(start, name, list(tokens))
        elif name == "VERSION":
            version, at = next(tokens, (b"", 0))
            self._add(f"Version: {_shown(version)}", start + at, len(version), "memcache.version")
        elif name in ERRORS:
            text = words_without_secrets(data.rstrip(CRLF).decode("utf-8", "replace"))
            self._add(f"Response: {text}", start, len(data.rstrip(CRLF)), "memcache.response")
        elif name.isdigit():
            self._layer.concluded("Counter is not shown")
        elif start == self._message.start and name.replace("_", "").isalpha():
            self._add(f"Response: {name}", start + at, len(word), "memcache.response")
        return stop

    def _statistic(self, start: int, name: str, words: list[tuple[bytes, int]]) -> None:
        """``STAT items:1:number 5``: what it is about, its name, its value."""
        if name != "STAT":
            self._add(f"{name.capitalize()} is not shown", start, len(name))
            return
        self._add("Command: STAT", start, len(name), "memcache.command")
        if len(words) < 2:
            return
        (title, at), (value, value_at) = words[:2]
        parts = title.split(b":")
        if len(parts) == 3:
            self._add(f"Sub command: {_shown(parts[0])}", start + at, len(parts[0]), "memcache.subcommand")
            at += len(parts.pop(0)) + 1
        if len(parts) == 2 and parts[0].isdigit():
            number = int(parts[0][:10])
            self._add(f"Slab class: {number}", start + at, len(parts[0]), "memcache.slabclass")
            at += len(parts.pop(0)) + 1
        said = b":".join(parts)
        self._add(f"Stat name: {_shown(said)}", start + at, len(said), "memcache.name")
        self._add(f"Stat value: {_shown(value)}", start + value_at, len(value), "memcache.name_value")


def _tokens(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The words of a line, each with its offset."""
    return ((found[0], found.start()) for found in _TOKEN.finditer(data))


def _shown(word: bytes) -> str:
    return word.decode("utf-8", "replace")
