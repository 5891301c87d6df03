"""Replacement of the payload of single packets: framing of the protocols that are kept, filler elsewhere.

Which protocols these are says one table, `_KEEPERS`; what others say is replaced as a whole, where the packet stands.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tcptui.redact.filler import OTHER_FILLER, filler
from tcptui.redact.keep_dns import DnsKeeper
from tcptui.redact.keep_http import HttpKeeper, begins_http
from tcptui.redact.keep_tls import TlsKeeper, begins_tls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.redact.mapping import Mapping

    Patches = list[tuple[int, bytes]]

#: Kinds of requests that are read from the new capture as from the old one.
KEPT_REQUESTS: Final = frozenset({"http", "dns", "websocket"})
_DNS_PORT: Final = 53
_BEGINNING: Final = 16


class SegmentPayloads:
    """The replacements of all payloads of a capture that are not filler alone; in a file without a name."""

    def __init__(self, capture: OpenCapture, mapping: Mapping) -> None:
        """Raises OSError."""
        self._capture = capture
        self._dns, self._tls, self._http = DnsKeeper(mapping), TlsKeeper(mapping), HttpKeeper(mapping)
        count = capture.store.count
        self._begin = np.full(count, -1, np.int64)
        self._size = np.zeros(count, np.int32)
        self._written = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `__exit__` closes it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def prepare(self, streams: Iterable[int]) -> None:
        """Read ``streams`` and keep what takes the place of their payloads.  Raises OSError."""
        for stream in streams:
            client, server = self._capture.directions(stream)
            patches = self._patches(client, server)
            for direction, of in zip((client, server), patches, strict=True):
                self._place(direction, of)

    def given(self, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """For which of ``rows`` there is something, so that `of` is not None."""
        return self._begin[rows] >= 0

    def of(self, row: int) -> tuple[int, bytes] | None:
        """Where the TCP header of the packet at ``row`` begins, and what takes the place of its captured payload."""
        begin = int(self._begin[row])
        if begin < 0:
            return None
        self._file.seek(begin)
        return int(self._capture.store.transport_offset[row]), self._file.read(int(self._size[row]))

    def _patches(self, client: ByteStream, server: ByteStream) -> tuple[Patches, Patches]:
        found: tuple[Patches, Patches] = ([], [])
        ends = client, server
        first = [direction.read(0, _BEGINNING) if direction.length else b"" for direction in ends]
        for at, direction in enumerate(ends):
            if begins_tls(first[at]):
                found[at].extend(self._tls.patches(direction))
            elif direction.server_port == _DNS_PORT:
                found[at].extend(self._dns.patches(direction))
        if any(map(begins_http, first)):
            said, *told = self._http.patches(client, server)
            for at, offset in enumerate((said.client_offset, said.server_offset)):
                if not found[at]:
                    found[at].extend(told[at])
                    if offset is not None and begins_tls(ends[at].read(offset, _BEGINNING)):
                        found[at].extend(self._tls.patches(ends[at], offset))
        return found

    def _place(self, direction: ByteStream, patches: Patches) -> None:
        segments = direction.segments
        differing = {(one.again_frame, one.start, one.length) for one in direction.overlaps} if direction.resent else ()
        if not patches and not differing:
            return
        patches.sort()
        begins = [begin for begin, _ in patches]
        columns = (segments.rows, segments.frame, segments.start, segments.held)
        for row, frame, start, stop in zip(*(column.tolist() for column in columns), strict=True):
            if stop <= start:
                continue
            new = bytearray(filler(stop - start))
            at = max(bisect_right(begins, start) - 1, 0)
            is_touched = False
            while at < len(patches) and patches[at][0] < stop:
                begin, data = patches[at]
                low, high = max(begin, start), min(begin + len(data), stop)
                if low < high:
                    new[low - start : high - start] = data[low - begin : high - begin]
                    is_touched = True
                at += 1
            for again, begin, length in differing:
                low, high = max(begin, start), min(begin + length, stop)
                if again == frame and low < high:
                    new[low - start : high - start] = OTHER_FILLER * (high - low)
                    is_touched = True
            if is_touched:
                self._keep(row, bytes(new))

    def _keep(self, row: int, new: bytes) -> None:
        self._begin[row], self._size[row] = self._written, len(new)
        self._file.seek(self._written)
        self._file.write(new)
        self._written += len(new)
