"""A search for what of the old capture is still in the new one: by another way than that by which it was replaced.

Addresses, link addresses and names are looked for in every notation (`search_notations`), in the whole file; content as
each eight bytes in a row that the old capture carried, read forwards, backwards, and behind hexadecimal or base64.
Eight bytes that are nothing but framing, or of two values, are no content.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.redact.filler import FILLER, OTHER_FILLER
from tcptui.redact.search_framing import SegmentFraming
from tcptui.redact.search_headers import headers_of
from tcptui.redact.search_names import NAME_PORTS, names_in, rows_with_a_name
from tcptui.redact.search_notations import is_nobodys
from tcptui.redact.search_patterns import PREFIX, Patterns
from tcptui.redact.search_segments import plain_segments
from tcptui.redact.vocabulary import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.redact.search_segments import PlainSegments
    from tcptui.redact.stretches import Stretch

    U64 = NDArray[np.uint64]
    #: The packets of a capture.
    Packets = Callable[[], Iterable[Stretch]]
    #: A packet's bytes, and of each whether it is framing (1), a header (more) or content.
    Marked = tuple[bytes, bytearray]

WINDOW: Final = 8
#: Of a window, so many bytes may be framing and the rest still be content.
_FRAMING_MOST: Final = 2
_VALUES_MOST: Final = 2
_CHUNK: Final = 1 << 21
#: Windows of the new capture that are held at a time.
_HELD: Final = 1 << 22
_TABLE_BITS: Final = (16, 26)
_HASH: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]{16,4096}")
_BASE64: Final = re.compile(rb"[0-9A-Za-z+/_\-]{12,4096}")
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
) -> Searched:  # fmt: skip
    """Look in the new capture ``after``, whose file is open at ``output``, for what ``before`` has.

    ``texts``: what the old file says beside its packets.  ``kept``: ``addresses``, ``macs``, ``names`` that may stay.
    Raises OSError.
    """
    done = Searched()
    values = Values()
    for one in before():
        values.add(one)
    values.leave_out(kept)
    patterns = Patterns(values, texts, done)
    patterns.in_file(output)
    _compare_content(_NewContent(values, patterns, done).of(after()), before, done)
    return done


# -- addresses and names


class Values:
    """Values that name hosts in the old capture."""

    def __init__(self) -> None:
        self.addresses: set[bytes] = set()
        self.macs: set[bytes] = set()
        self.names: set[bytes] = set()

    def leave_out(self, kept: Collection[str]) -> None:
        """Forget the values of the kinds ``kept``."""
        for kind in kept:
            getattr(self, kind).clear()

    def add(self, one: Stretch) -> None:
        """Take all values of a stretch of packets."""
        plain, octets = plain_segments(one), np.frombuffer(one.data, np.uint8)
        self.addresses |= plain.network_addresses(octets)
        self.macs |= plain.link_addresses(octets)
        for at in np.flatnonzero(~plain.is_plain).tolist():
            data, link = one.packet(at)
            found = headers_of(data, link)
            self.addresses |= found.addresses
            self.macs |= found.macs
            self.names.update(names_in(data, found.ports))
        ports = plain.ports(octets)
        may_name = np.isin(ports[0], NAME_PORTS) | np.isin(ports[1], NAME_PORTS)
        may_name |= rows_with_a_name(one)[plain.rows]
        for at, *pair in zip(*(column[may_name].tolist() for column in (plain.rows, *ports)), strict=True):
            self.names.update(names_in(one.packet(at)[0], set(pair)))

    @property
    def hosts(self) -> set[bytes]:
        """The addresses that are somebody's."""
        return {one for one in self.addresses | self.macs if not is_nobodys(one)}


def _joined(pieces: Iterable[Marked]) -> Iterator[Marked]:
    """Packets joined to long stretches, between each two a byte of a header."""
    parts: list[bytes] = []
    marks = bytearray()
    for data, mark in pieces:
        parts.append(data)
        marks += mark
        marks.append(_HEADER)
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


class _NewContent:
    """Goes through the new capture: looks for addresses at the places of headers and beside them, and tells content."""

    def __init__(self, values: Values, patterns: Patterns, done: Searched) -> None:
        self._hosts, self._patterns, self._done = values.hosts, patterns, done
        self._frames = SegmentFraming()

    def of(self, after: Iterable[Stretch]) -> Iterator[Marked]:
        """Packets with content of more than one value; each byte with its share in what a window may have."""
        for one in after:
            octets = np.frombuffer(one.data, np.uint8)
            plain = plain_segments(one)
            self._look_up(plain.hosts(octets))
            short: dict[int, list[int]] = {}
            for place in self._patterns.short_places(one.data):
                at = int(one.begin.searchsorted(place, "right")) - 1
                if at >= 0 and place + PREFIX <= one.end[at]:
                    short.setdefault(at, []).append(place - int(one.begin[at]))
            yield from self._told(one, plain, short)

    def _told(self, one: Stretch, plain: PlainSegments, short: dict[int, list[int]]) -> Iterator[Marked]:
        octets = np.frombuffer(one.data, np.uint8)
        is_even = np.zeros(len(one.begin), np.bool_)
        is_even[plain.rows] = _even(octets, plain.payload, one.end[plain.rows])
        chosen = ~is_even
        segments: dict[int, tuple[int, frozenset[int], bytes]] = {}
        if self._frames.has_open or chosen[plain.rows].any():
            segments = dict(zip(plain.rows.tolist(), plain.each(one.data), strict=True))
            # A record that a segment began may go on in one that is nothing but filler.
            chosen |= plain.is_plain
        chosen[list(short)] = True
        for at in np.flatnonzero(chosen).tolist():
            data, link = one.packet(at)
            if at in segments and at not in short:
                payload, ports, direction = segments[at]
                first = payload - int(one.begin[at])
                if not is_even[at] or self._frames.is_open(direction):
                    framing = self._frames.of(data[first:], ports=ports, direction=direction)
                    if not is_even[at]:
                        yield data, bytearray((_HEADER,)) * first + framing
                continue
            found = headers_of(data, link)
            if not plain.is_plain[at]:
                self._look_up(found.every)
            first = found.marked.rfind(1) + 1
            framing = self._frames.of(data[first:], ports=frozenset(found.ports), direction=found.direction)
            found.searched[first:] = framing.translate(_TURNED)
            for place in short.get(at, ()):
                if all(found.searched[place : place + PREFIX]):
                    self._done.note("address", is_address=True)
            if not is_even[at]:
                yield data, found.marked[:first].translate(_HEAVY) + framing

    def _look_up(self, found: set[bytes]) -> None:
        for one in found & self._hosts:
            self._done.note("link address" if len(one) == 6 else "address", is_address=True)


def _even(octets: NDArray[np.uint8], begin: I64, end: I64) -> NDArray[np.bool_]:
    """Whether all bytes from ``begin`` up to ``end`` are the same one, of each."""
    even = np.ones(len(begin), np.bool_)
    several = np.flatnonzero(end - begin > 1)
    if len(several):
        differ = np.append(octets[1:] != octets[:-1], [False, False])
        borders = np.stack((begin[several], end[several] - 1), axis=1).ravel()
        even[several] = ~np.logical_or.reduceat(differ, borders)[::2]
    return even


def _new_windows(pieces: Iterable[Marked]) -> Iterator[U64]:
    """The windows of content of the new capture, stretch by stretch."""
    for data, marks in _joined(pieces):
        if len(data) < WINDOW:
            continue
        windows = _windows(data, _sums(marks) <= _FRAMING_MOST)
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


def _compare_content(after: Iterable[Marked], before: Packets, done: Searched) -> None:
    """Count the windows of the new capture that the old one has; few are held at a time."""
    held: list[U64] = []
    size = 0
    for windows in _new_windows(after):
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
    for one in before():
        if len(one.data) < WINDOW:
            continue
        plain = plain_segments(one)
        for start in range(WINDOW):
            words = np.frombuffer(one.data, "<u8", max(len(one.data) - start, 0) // WINDOW, start)
            near = np.flatnonzero(table[(words * _HASH) >> shift])
            at = np.minimum(wanted.searchsorted(words[near]), len(wanted) - 1)
            same = wanted[at] == words[near]
            seen[at[same][_is_content(one, plain, near[same] * WINDOW + start)]] = True
    for one in wanted[seen].tolist():
        if not _is_public(int(one).to_bytes(WINDOW, "little")):
            done.note("content")


def _is_content(one: Stretch, plain: PlainSegments, places: I64) -> NDArray[np.bool_]:
    """Whether there is nothing but content in the window at each of ``places``."""
    at = one.begin.searchsorted(places, "right") - 1
    inside = (at >= 0) & (places + WINDOW <= one.end[at])
    begin = one.end.copy()
    begin[plain.rows] = plain.payload
    found: NDArray[np.bool_] = inside & (places >= begin[at])
    for number in np.flatnonzero(inside & ~plain.is_plain[at]).tolist():
        data, link = one.packet(int(at[number]))
        place = int(places[number] - one.begin[at[number]])
        found[number] = not any(headers_of(data, link).marked[place : place + WINDOW])
    return found


def _is_public(window: bytes) -> bool:
    """True if eight bytes are a piece of a word of a protocol, forwards or backwards, with what stands around words.

    So are those of filler: a capture that was redacted may be redacted again.
    """
    for one in (window, window[::-1]):
        word = one.lower().strip(b' \t\r\n:;,/"=')
        if word in PUBLIC or not word.strip(FILLER + OTHER_FILLER):
            return True
    return False
