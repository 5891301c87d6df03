"""A search for what of the old capture is still in the new one: by another way than that by which it was replaced.

Addresses, link addresses and names are looked for in every notation (`search_notations`), in the whole file; content as
each eight bytes in a row that the old capture carried, read forwards, backwards, and behind hexadecimal or base64.
Eight bytes that are nothing but framing, or of two values, are no content.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.redact.filler import FILLER, OTHER_FILLER
from tcptui.redact.search_framing import SegmentFraming
from tcptui.redact.search_headers import Found, headers_of
from tcptui.redact.search_names import names_in
from tcptui.redact.search_notations import is_searchable, of_address, of_mac, of_name
from tcptui.redact.vocabulary import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from numpy.typing import NDArray

    U64 = NDArray[np.uint64]
    #: The packets of a capture, each with its link type.
    Packets = Callable[[], Iterable[tuple[bytes, int]]]

WINDOW: Final = 8
#: Of a window, so many bytes may be framing and the rest still be content.
_FRAMING_MOST: Final = 2
_VALUES_MOST: Final = 2
_CHUNK: Final = 1 << 21
_OVERLAP: Final = 1 << 10
#: Windows of the new capture that are held at a time.
_HELD: Final = 1 << 22
_TABLE_BITS: Final = (16, 26)
_HASH: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]{16,4096}")
_BASE64: Final = re.compile(rb"[0-9A-Za-z+/_\-]{12,4096}")
#: Link addresses of groups that protocols give: they are no host's.
_GROUPS: Final = (b"\x01\x80\xc2\x00\x00", b"\x33\x33\x00\x00\x00", b"\x01\x00\x5e\x00\x00", b"\x01\x00\x0c\xcc\xcc")
_LOWEST: Final = np.uint64(0xFF)
_EACH: Final = np.uint64(0x0101_0101_0101_0101)
#: A byte of a table of hashes is shared by so many wanted windows at most, as a power of two below one.
_SPARSE_BITS: Final = 7
_RUN: Final = 64
#: What a byte of a header counts among those of a window: more than all framing that one may have.
_HEADER: Final = 16
_HEAVY: Final = bytes((0, _HEADER, *range(2, 256)))
_TURNED: Final = bytes((1, 0, *range(2, 256)))


@dataclass
class Searched:
    """The result of a search: what was searched for, and what was found."""

    values: int = 0
    """Addresses, link addresses, names, texts."""
    windows: int = 0
    """Stretches of eight bytes of content in the new capture that were compared with all of the old one."""
    found: int = 0
    first: str = ""
    """The kind of the first one that was found; never the value itself."""
    is_address: bool = False
    """The first one found is an address, which another key would map elsewhere."""

    def note(self, what: str, *, is_address: bool = False) -> None:
        """Count something that was found."""
        if not self.found:
            self.first, self.is_address = what, is_address
        self.found += 1


def search(
    before: Packets, after: Packets, texts: Iterable[bytes], output: int, kept: Collection[str] = ()
) -> Searched:
    """Look in the new capture ``after``, whose file is open at ``output``, for what ``before`` has.

    ``texts``: what the old file says beside its packets.  ``kept``: ``addresses``, ``macs``, ``names`` that may stay.
    Raises OSError.
    """
    done = Searched()
    values = _Values()
    for data, link in before():
        values.add(data, headers_of(data, link))
    values.leave_out(kept)
    hosts = {one for one in values.addresses | values.macs if not _is_nobodys(one)}
    for data, link in after():
        for one in headers_of(data, link).every & hosts:
            done.note("link address" if len(one) == 6 else "address", is_address=True)
    patterns = _Patterns(values, texts, done)
    patterns.in_file(output)
    patterns.in_packets(after)
    _compare_content(before, after, done)
    return done


# -- addresses and names


class _Values:
    """Values that name hosts in the old capture."""

    def __init__(self) -> None:
        self.addresses: set[bytes] = set()
        self.macs: set[bytes] = set()
        self.names: set[bytes] = set()

    def leave_out(self, kept: Collection[str]) -> None:
        """Forget the values of the kinds ``kept``."""
        for kind in kept:
            getattr(self, kind).clear()

    def add(self, data: bytes, found: Found) -> None:
        self.addresses |= found.addresses
        self.macs |= found.macs
        self.names.update(names_in(data, found.ports))


def _is_nobodys(address: bytes) -> bool:
    """True if an address is no host's: of groups that protocols give, of this host itself, of nobody."""
    if len(address) == 6:
        return not any(address) or address == b"\xff" * 6 or address.startswith(_GROUPS)
    one = ipaddress.ip_address(address)
    if one.is_loopback or one.is_unspecified or address == b"\xff\xff\xff\xff":
        return True
    if len(address) == 4:
        return address[0] == 0 or address[:3] == b"\xe0\0\0" or address == b"\xef\xff\xff\xfa"
    return address[0] == 0xFF and not any(address[2:13]) and address[13] <= 1


class _Patterns:
    """All notations, by their first four bytes."""

    def __init__(self, values: _Values, texts: Iterable[bytes], done: Searched) -> None:
        self._done = done
        self._exact: dict[bytes, list[tuple[bytes, str]]] = {}
        self._folded: dict[bytes, list[tuple[bytes, str]]] = {}
        self._short: set[bytes] = set()
        for address in values.addresses:
            if not _is_nobodys(address):
                done.values += 1
                for pattern, in_any_case in of_address(address):
                    self._add(pattern, "address", in_any_case=in_any_case)
        for mac in values.macs:
            if len(mac) == 6 and not _is_nobodys(mac):
                done.values += 1
                for pattern, in_any_case in of_mac(mac):
                    self._add(pattern, "link address", in_any_case=in_any_case)
        for name in values.names:
            done.values += 1
            for pattern, in_any_case in of_name(name):
                self._add(pattern, "name", in_any_case=in_any_case)
        for text in texts:
            done.values += 1
            self._add(text.lower(), "text", in_any_case=True)

    def _add(self, pattern: bytes, kind: str, *, in_any_case: bool) -> None:
        if not is_searchable(pattern, in_any_case=in_any_case):
            return
        if len(pattern) == 4:
            self._short.add(pattern)
            return
        table = self._folded if in_any_case else self._exact
        table.setdefault(pattern[:4], []).append((pattern.lower() if in_any_case else pattern, kind))

    def in_file(self, output: int) -> None:
        """Look for all but the shortest in the file, blocks and all."""
        at = 0
        while data := os.pread(output, _CHUNK + _OVERLAP, at):
            self._scan(data, self._exact)
            self._scan(data.lower(), self._folded)
            at += _CHUNK

    def _scan(self, data: bytes, table: dict[bytes, list[tuple[bytes, str]]]) -> None:
        if not table or len(data) < 4:
            return
        prefixes = np.sort(np.frombuffer(b"".join(table), "<u4"))
        for place in _places(data, prefixes):
            for pattern, kind in table[data[place : place + 4]]:
                if data.startswith(pattern, place) and _stands_alone(data, place, len(pattern)):
                    self._done.note(kind, is_address=kind.endswith("address"))

    def in_packets(self, after: Packets) -> None:
        """Look for addresses of four bytes where no number of a header stands."""
        if not self._short:
            return
        prefixes = np.sort(np.frombuffer(b"".join(self._short), "<u4"))
        frames = SegmentFraming()
        for data, marks in _joined((_unframed(data, link, frames) for data, link in after()), 0):
            ends = np.cumsum(np.frombuffer(bytes(marks), np.uint8), dtype=np.int64)
            for place in _places(data, prefixes):
                if ends[place + 3] - (ends[place - 1] if place else 0) == 4:
                    self._done.note("address", is_address=True)


def _unframed(data: bytes, link: int, frames: SegmentFraming) -> tuple[bytes, bytearray]:
    """A packet, with 1 for each byte that may hold an address."""
    found = headers_of(data, link)
    first = found.marked.rfind(1) + 1
    framing = frames.of(data[first:], ports=frozenset(found.ports), direction=found.direction)
    found.searched[first:] = framing.translate(_TURNED)
    return data, found.searched


def _places(data: bytes, prefixes: NDArray[np.uint32]) -> list[int]:
    """Where one of the sorted ``prefixes`` of four bytes stands in ``data``."""
    table = np.zeros(1 << 16, np.bool_)
    table[prefixes & np.uint32(0xFFFF)] = True
    found: list[int] = []
    for shift in range(4):
        words = np.frombuffer(data, "<u4", max(len(data) - shift, 0) // 4, shift)
        near = np.flatnonzero(table[words & np.uint32(0xFFFF)])
        at = np.minimum(prefixes.searchsorted(words[near]), len(prefixes) - 1)
        found += (near[prefixes[at] == words[near]] * 4 + shift).tolist()
    return sorted(found)


def _stands_alone(data: bytes, place: int, size: int) -> bool:
    """True if what was found is no part of a longer number: 10.0.0.1 is not in 110.0.0.12."""
    first, last = data[place : place + 1], data[place + size - 1 : place + size]
    before, behind = data[max(place - 1, 0) : place], data[place + size : place + size + 1]
    return not ((first.isdigit() and before.isdigit()) or (last.isdigit() and behind.isdigit()))


def _joined(pieces: Iterable[tuple[bytes, bytearray]], between: int) -> Iterator[tuple[bytes, bytearray]]:
    """Packets joined to long stretches, between each two a byte that is marked ``between``."""
    parts: list[bytes] = []
    marks = bytearray()
    for data, mark in pieces:
        parts.append(data)
        marks += mark
        marks.append(between)
        if len(marks) >= _CHUNK:
            yield b"\0".join(parts) + b"\0", marks
            parts, marks = [], bytearray()
    if parts:
        yield b"\0".join(parts) + b"\0", marks


# -- content


def _windows(data: bytes, allowed: NDArray[np.bool_]) -> U64:
    """The eight bytes from each place on that ``allowed`` allows, as numbers, each once; not one byte eight times."""
    found = []
    for shift in range(WINDOW):
        words = np.frombuffer(data, "<u8", max(len(data) - shift, 0) // WINDOW, shift)
        words = words[allowed[shift::WINDOW][: len(words)]]
        found.append(words[words != (words & _LOWEST) * _EACH])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)


def _sums(marks: bytes | bytearray) -> NDArray[np.int64]:
    """How many of the eight bytes from each place on are marked."""
    ends = np.concatenate(([0], np.cumsum(np.frombuffer(bytes(marks), np.uint8), dtype=np.int64)))
    return ends[WINDOW:] - ends[:-WINDOW]


def _marked(packets: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, bytearray]]:
    """Stretches of packets, with 1 for each byte that is no content."""

    def pieces() -> Iterator[tuple[bytes, bytearray]]:
        for data, link in packets:
            yield data, bytearray(headers_of(data, link).marked)

    return _joined(pieces(), 1)


def _new_windows(packets: Iterable[tuple[bytes, int]]) -> Iterator[U64]:
    """The windows of content of the new capture, stretch by stretch."""

    frames = SegmentFraming()

    def pieces() -> Iterator[tuple[bytes, bytearray]]:
        for data, link in packets:
            found = headers_of(data, link)
            marks = found.marked.translate(_HEAVY)
            first = found.marked.rfind(1) + 1
            marks[first:] = frames.of(data[first:], ports=frozenset(found.ports), direction=found.direction)
            yield data, marks

    for data, marks in _joined(pieces(), _HEADER):
        if len(data) < WINDOW:
            continue
        sums = _sums(marks)
        windows = _windows(data, sums <= _FRAMING_MOST)
        yield _telling(windows)
        hidden = [_telling(one) for one in _decoded(data)]
        if hidden:
            yield np.unique(np.concatenate(hidden))


def _telling(windows: U64) -> U64:
    """The windows of more than two values."""
    if not len(windows):
        return windows
    octets = np.sort(windows.view(np.uint8).reshape(-1, WINDOW), axis=1)
    telling: U64 = windows[(np.diff(octets, axis=1) != 0).sum(axis=1) >= _VALUES_MOST]
    return telling


def _decoded(data: bytes) -> Iterator[U64]:
    """Windows of what hexadecimal and base64 stand for."""
    for octet in set(data[::_RUN]):
        data = data.replace(bytes((octet,)) * _RUN, b"\0")
    for one in _HEXADECIMAL.finditer(data):
        text = one.group()
        for shift in (0, 1):
            part = text[shift : shift + (len(text) - shift) // 2 * 2]
            yield _all_windows(binascii.unhexlify(part))
    for one in _BASE64.finditer(data):
        text = one.group().replace(b"-", b"+").replace(b"_", b"/")
        if len(set(text)) <= _VALUES_MOST:
            continue
        for shift in range(4):
            part = text[shift : shift + (len(text) - shift) // 4 * 4]
            yield _all_windows(base64.b64decode(part))


def _all_windows(data: bytes) -> U64:
    return _windows(data, np.ones(max(len(data), 1), np.bool_)) if len(data) >= WINDOW else np.zeros(0, np.uint64)


def _compare_content(before: Packets, after: Packets, done: Searched) -> None:
    """Count the windows of the new capture that the old one has; few are held at a time."""
    held: list[U64] = []
    size = 0
    for windows in _new_windows(after()):
        held.append(windows)
        size += len(windows)
        if size >= _HELD:
            merged = np.unique(np.concatenate(held))
            held, size = [merged], len(merged)
            if size >= _HELD // 2:
                _look_for(merged, before, done)
                held, size = [], 0
    if held:
        _look_for(np.unique(np.concatenate(held)), before, done)


def _look_for(wanted: U64, before: Packets, done: Searched) -> None:
    done.windows += len(wanted)
    wanted = np.unique(np.concatenate((wanted, wanted.byteswap())))
    if not len(wanted):
        return
    bits = min(max(len(wanted).bit_length() + _SPARSE_BITS, _TABLE_BITS[0]), _TABLE_BITS[1])
    shift = np.uint64(64 - bits)
    table = np.zeros(1 << bits, np.bool_)
    table[(wanted * _HASH) >> shift] = True
    seen = np.zeros(len(wanted), np.bool_)
    for data, marks in _marked(before()):
        if len(data) < WINDOW:
            continue
        allowed = _sums(marks) == 0
        for start in range(WINDOW):
            words = np.frombuffer(data, "<u8", max(len(data) - start, 0) // WINDOW, start)
            words = words[allowed[start::WINDOW][: len(words)]]
            words = words[table[(words * _HASH) >> shift]]
            at = np.minimum(wanted.searchsorted(words), len(wanted) - 1)
            seen[at[wanted[at] == words]] = True
    for one in wanted[seen].tolist():
        if not _is_public(int(one).to_bytes(WINDOW, "little")):
            done.note("content")


def _is_public(window: bytes) -> bool:
    """True if eight bytes are a piece of a word of a protocol, forwards or backwards, with what stands around words.

    So are those of filler: a capture that was redacted may be redacted again.
    """
    for one in (window, window[::-1]):
        word = one.lower().strip(b' \t\r\n:;,/"=')
        if word in PUBLIC or not word.strip(FILLER + OTHER_FILLER):
            return True
    return False
