"""Addresses, names and texts looked for in every notation, by their first four bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.redact.search_notations import is_nobodys, is_searchable, of_address, of_mac, of_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64
    from tcptui.redact.search import Searched, Values

#: Bytes by which patterns are found; an address of IPv4 has no more.
PREFIX: Final = 4
_CHUNK: Final = 1 << 21
_OVERLAP: Final = 1 << 10
#: Bytes that are compared at once: what is made of them fits into a processor's cache.
_PIECE: Final = 1 << 18


class _Pattern(NamedTuple):
    octets: bytes
    in_any_case: bool
    kind: str


class Patterns:
    """All notations, by their first four bytes in lower case."""

    def __init__(self, values: Values, texts: Iterable[bytes], done: Searched) -> None:
        self._done = done
        self._long: dict[bytes, list[_Pattern]] = {}
        self._short: set[bytes] = set()
        for address in values.addresses:
            if not is_nobodys(address):
                done.values += 1
                for pattern, in_any_case in of_address(address):
                    self._add(pattern, "address", in_any_case=in_any_case)
        for mac in values.macs:
            if len(mac) == 6 and not is_nobodys(mac):
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
        self._long_places = _Prefixes(self._long)
        self._short_places = _Prefixes(self._short)

    def _add(self, pattern: bytes, kind: str, *, in_any_case: bool) -> None:
        if not is_searchable(pattern, in_any_case=in_any_case):
            return
        if len(pattern) == PREFIX:
            self._short.add(pattern)
            return
        lower = pattern.lower()
        one = _Pattern(lower if in_any_case else pattern, in_any_case, kind)
        self._long.setdefault(lower[:PREFIX], []).append(one)

    def in_file(self, output: int) -> None:
        """Look for all but the shortest in the file, blocks and all."""
        at = 0
        while data := os.pread(output, _CHUNK + _OVERLAP, at):
            lower = data.lower()
            for place in self._long_places.of(lower):
                for pattern, in_any_case, kind in self._long[lower[place : place + PREFIX]]:
                    text = lower if in_any_case else data
                    if text.startswith(pattern, place) and _stands_alone(text, place, len(pattern)):
                        self._done.note(kind, is_address=kind.endswith("address"))
            at += _CHUNK

    def short_places(self, data: bytes) -> list[int]:
        """Where addresses of four bytes stand in ``data``, be it a number of a header."""
        return self._short_places.of(data)


class _Prefixes:
    """Finds patterns by their first four bytes; most of a redacted capture is one byte again and again."""

    def __init__(self, prefixes: Collection[bytes]) -> None:
        self._sorted = np.sort(np.frombuffer(b"".join(prefixes), "<u4"))
        self._begins = np.zeros(1 << 16, np.bool_)
        self._begins[self._sorted & np.uint32(0xFFFF)] = True
        self._even = bytes({one[0] for one in prefixes if one == one[:1] * PREFIX})

    def of(self, data: bytes) -> list[int]:
        """Where any of the prefixes stands in ``data``, ascending."""
        if not len(self._sorted):
            return []
        found: list[int] = []
        for begin in range(0, len(data) - PREFIX + 1, _PIECE):
            found += (self._among(np.frombuffer(data[begin : begin + _PIECE + PREFIX - 1], np.uint8)) + begin).tolist()
        return found

    def _among(self, octets: NDArray[np.uint8]) -> I64:
        differ = octets[1:] != octets[:-1]
        may_be = differ[:-2] | differ[1:-1] | differ[2:]
        for octet in self._even:
            may_be |= octets[: len(may_be)] == octet
        near = np.flatnonzero(may_be)
        words = np.ndarray((len(may_be),), "<u4", octets, strides=(1,))[near]
        begins = np.flatnonzero(self._begins[words & np.uint32(0xFFFF)])
        near, words = near[begins], words[begins]
        at = np.minimum(self._sorted.searchsorted(words), len(self._sorted) - 1)
        found: I64 = near[self._sorted[at] == words]
        return found


def _stands_alone(data: bytes, place: int, size: int) -> bool:
    """True if what was found is no part of a longer number: 10.0.0.1 is not in 110.0.0.12."""
    first, last = data[place : place + 1], data[place + size - 1 : place + size]
    before, behind = data[max(place - 1, 0) : place], data[place + size : place + size + 1]
    return not ((first.isdigit() and before.isdigit()) or (last.isdigit() and behind.isdigit()))
