"""IP datagrams put together from their fragments (RFC 791, 3.2; RFC 8200, 4.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: Unfinished datagrams kept at a time; the oldest gives way (a flood must not fill memory).
MAX_DATAGRAMS: Final = 1024
MAX_DATAGRAM_BYTES: Final = 65_535


@dataclass(slots=True)
class Fragment:
    """One piece, as read from its frame."""

    key: bytes
    """Addresses, identification and protocol."""
    offset: int
    more: bool
    data: bytes
    protocol: int


@dataclass(slots=True)
class _Datagram:
    pieces: dict[int, bytes] = field(default_factory=dict)
    total: int | None = None


class Defragmenter:
    """Collects fragments in capture order; bounded."""

    def __init__(self) -> None:
        self._unfinished: dict[bytes, _Datagram] = {}
        self.evicted = 0
        """Datagrams given up to keep the bound."""

    def add(self, fragment: Fragment) -> bytes | None:
        """The whole payload when ``fragment`` completes its datagram, else None."""
        if fragment.offset + len(fragment.data) > MAX_DATAGRAM_BYTES:
            return None
        datagram = self._unfinished.setdefault(fragment.key, _Datagram())
        if len(self._unfinished) > MAX_DATAGRAMS:
            del self._unfinished[next(iter(self._unfinished))]
            self.evicted += 1
        if fragment.offset in datagram.pieces and len(datagram.pieces[fragment.offset]) >= len(fragment.data):
            return None
        datagram.pieces[fragment.offset] = fragment.data
        if not fragment.more:
            datagram.total = fragment.offset + len(fragment.data)
        if datagram.total is None:
            return None
        whole = bytearray()
        for offset in sorted(datagram.pieces):
            if offset > len(whole):
                return None
            whole[offset:] = datagram.pieces[offset]
        if len(whole) < datagram.total:
            return None
        del self._unfinished[fragment.key]
        return bytes(whole[: datagram.total])
