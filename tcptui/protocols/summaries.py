"""What the payload of one packet says, in a line, where its bytes as they stand do not: by the rows of the registry.

Asked for while the first rows are painted: nothing here may import a parser before such a payload is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.registry import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcptui.protocols.row import Summary


class _Table(NamedTuple):
    """Readers of payloads by the bytes that stand at one place of them."""

    at: int
    stop: int
    least: int
    readers: dict[bytes, Callable[[bytes], str]]


def _tables(summaries: Iterable[Summary]) -> tuple[_Table, ...]:
    """Tables of ``summaries``, those first of which more bytes have to fit, or which are longer."""
    tables: dict[tuple[int, int, int], dict[bytes, Callable[[bytes], str]]] = {}
    for one in summaries:
        for first in one.first:
            tables.setdefault((one.at, one.at + len(first), one.least), {}).setdefault(first, one.read)
    found = (_Table(*place, readers) for place, readers in tables.items())
    return tuple(sorted(found, key=lambda table: (table.at - table.stop, -table.least)))


_TABLES: Final = _tables(one for row in PROTOCOLS for one in row.summaries)


def summary_of(payload: bytes) -> str:
    """What the payload of one packet says, in text not yet safe to print; empty where its bytes say it themselves."""
    for at, stop, least, readers in _TABLES:
        read = readers.get(payload[at:stop])
        text = "" if read is None or len(payload) < least else read(payload)
        if text:
            return text
    return ""
