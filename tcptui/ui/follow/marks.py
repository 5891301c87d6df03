"""What searches have found in one connection: bytes of what each end sent, or places of what is shown decoded."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.session.searching.pattern import SearchPattern
from tcptui.ui.search.results import MOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.searching.hit import Hit
    from tcptui.ui.follow.decoded import DecodedSource
    from tcptui.ui.search.highlights import Highlights

NO_MARKS: Final[I64] = np.zeros((0, 3), np.int64)


def marks_of(
    highlights: Highlights, stream: int, directions: tuple[ByteStream, ByteStream], store: PacketStore
) -> tuple[I64, I64]:
    """The marks in what client and server of ``stream`` sent, int64[n, 3] each.

    Offset of the first byte and behind the last, and the number of the search; those of the one followed are the last.
    """
    marks: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])
    for number, results in sorted(highlights.kept.items(), key=lambda each: each[0] == highlights.followed):
        for hit in results.hits:
            if hit.stream == stream:
                for side, start, stop in _stretches(hit, directions, store):
                    marks[side].append((start, stop, number))
    client, server = (np.array(each, np.int64).reshape(-1, 3) for each in marks)
    return client, server


def marks_in_text(
    highlights: Highlights, stream: int, source: DecodedSource, directions: tuple[ByteStream, ByteStream],
    store: PacketStore,
) -> tuple[I64, I64]:  # fmt: skip
    """The marks of what is shown decoded, in its places.

    A text is marked wherever it stands there, also in a body that was compressed on the wire; what a regular
    expression found, where the bytes that it found are shown as they are.
    """
    marks: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])
    for number, results in sorted(highlights.kept.items(), key=lambda each: each[0] == highlights.followed):
        pattern = SearchPattern.of(results.text)
        if pattern.expression is None:
            found = (
                (side, place + low, place + high)
                for side, place, text in source.texts()
                for low, high in pattern.spans(text)
            )
            for side, start, stop in islice(found, MOST):
                marks[side].append((start, stop, number))
            continue
        for hit in results.hits:
            for side, start, stop in _stretches(hit, directions, store) if hit.stream == stream else ():
                place = source.place_of_bytes(side, start, directions[side].read(start, stop - start))
                if place >= 0:
                    marks[side].append((place, place + stop - start, number))
    client, server = (np.array(each, np.int64).reshape(-1, 3) for each in marks)
    return client, server


def marks_on(marks: I64, start: int, stop: int) -> list[tuple[int, int, int]]:
    """The ``marks`` that have one of the bytes ``start … stop``."""
    return [(low, high, number) for low, high, number in marks[(marks[:, 0] < stop) & (marks[:, 1] > start)].tolist()]


def _stretches(
    hit: Hit, directions: tuple[ByteStream, ByteStream], store: PacketStore
) -> Iterator[tuple[int, int, int]]:
    """Side, offset of the first byte and behind the last of a hit, as far as it is in what an end sent."""
    if hit.sent is not None:
        yield hit.sent
        return
    if hit.start < 0 or hit.row < store.first:
        return
    payload = int(store.transport_offset[hit.row]) + int(store.header_length[hit.row])
    begin, end = max(0, hit.start - payload), hit.start + hit.length - payload
    for side, direction in enumerate(directions):
        carried = direction.range_of_row(hit.row) if end > begin else None
        if carried is not None:
            yield side, carried[0] + begin, min(carried[0] + end, carried[1])
