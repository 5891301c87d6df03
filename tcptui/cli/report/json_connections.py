"""Formats connections for the JSON report.

A report may have a hundred thousand connections with a hundred values each, so they are formatted from columns,
thousands at a time, through a %-template, without building an object per connection first.  The templates are bytes:
filled, they take half the time and, for a single character beyond ASCII, half the memory of text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.budget_parts import Part
from tcptui.cli.report.json_findings import TemplatedFindings, finding_text
from tcptui.cli.report.json_keys import CONNECTION_KEYS, object_template
from tcptui.cli.report.json_text import CachedTexts, seconds, to_json, utf8
from tcptui.findings.stream_findings import cells
from tcptui.findings.weight import connection_seconds_lost
from tcptui.model.tcp_state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from tcptui.cli.report.json_findings import Tell
    from tcptui.findings.stream_findings import BatchFindings
    from tcptui.model.packet_store import U8

#: The %-template of one connection's object.
_CONNECTION: Final = utf8(object_template(CONNECTION_KEYS))
#: Who closed, by `Measures.closed_by`, as JSON.
_CLOSERS: Final = (b"null", b'"client"', b'"server"')
_SPREAD: Final = b'{"min": %s, "median": %s, "max": %s}'


@lru_cache(maxsize=256)
def _state(cell: int) -> tuple[bytes, bytes]:
    """The name of a state column's value, and whether the state is known, both as JSON."""
    state, known = state_of(cell)
    return utf8(to_json(state.label)), utf8(to_json(known))


def _or_null(texts: Iterable[bytes], whether: list[int]) -> list[bytes]:
    """``texts``, with ``null`` where ``whether`` is 0."""
    return [text if some else b"null" for text, some in zip(texts, whether, strict=True)]


class ConnectionTexts:
    """Formats connections, many at a time."""

    def __init__(self, tell: Tell) -> None:
        """``tell`` makes sentences of a finding."""
        self._tell = tell
        self._alike = TemplatedFindings(tell)
        self._seconds = CachedTexts(seconds)

    def texts(self, findings: BatchFindings, measured: dict[str, list[Any]], states: tuple[U8, U8]) -> Iterator[bytes]:
        """The JSON objects (UTF-8) of the streams in ``findings``, each made lazily: all take tens of megabytes.

        ``measured``: the columns of `Measures`; ``states``: those of clients and servers (`Summary.states`).
        """
        client, server = (list(map(_state, cells.tolist())) for cells in states)
        m, duration = measured, np.array(measured["duration_ns"], np.int64)
        parts = findings.parts.copy()
        # The parts must add up to the duration; an ICMP error may have begun the stream before its first segment.
        parts[:, Part.UNATTRIBUTED] += duration - parts.sum(1)
        columns = (
            m["stream"], map(utf8, m["client_host"]), m["client_port"], map(utf8, m["server_host"]), m["server_port"],
            m["packets"], m["wire_bytes"], map(utf8, map(seconds, m["start_ns"])),
            self._seconds.texts(m["duration_ns"]),
            [state for state, _proved in client], [state for state, _proved in server],
            [_CLOSERS[closer] for closer in m["closed_by"]],
            _or_null(self._seconds.texts(m["quiet_ns"]), m["closed_by"]),
            _or_null(self._seconds.texts(m["irtt_ns"]), m["irtt_ns"]), self._spreads(m),
            m["client_packets"], m["client_payload"], [proved for _state, proved in client],
            m["server_packets"], m["server_payload"], [proved for _state, proved in server],
            m["resent"], m["out_of_order"], m["duplicate_acks"], m["zero_windows"], m["missed"],
            *(self._seconds.texts(part.tolist()) for part in parts.T), self._lost(findings), self._findings(findings),
        )  # fmt: skip
        return map(_CONNECTION.__mod__, zip(*columns, strict=True))

    def _spreads(self, m: dict[str, list[Any]]) -> list[bytes]:
        """Minimum, median and maximum ACK round trip of each stream, as JSON; ``null`` without one."""
        times = (self._seconds.texts(m[name]) for name in ("rtt_minimum_ns", "rtt_median_ns", "rtt_maximum_ns"))
        return _or_null(map(_SPREAD.__mod__, zip(*times, strict=True)), m["round_trips"])

    def _lost(self, told: BatchFindings) -> list[bytes]:
        """The seconds that the findings of each stream cost it."""
        lost = [b""] * len(told.streams)
        for place, findings in told.others.items():
            lost[place] = utf8(to_json(connection_seconds_lost(findings)))
        for kind in told.kinds:
            for place, seconds_lost in zip(kind.places.tolist(), cells(kind.lost, len(kind)), strict=True):
                lost[place] = utf8(to_json(seconds_lost))
        return lost

    def _findings(self, told: BatchFindings) -> list[bytes]:
        """The findings of each stream, as comma-separated JSON objects in UTF-8."""
        found = [b""] * len(told.streams)
        for kind in told.kinds:
            texts = [b""] * len(kind)
            for finding in kind.findings:
                texts = self._alike.of_members(finding, texts)
            for place, text in zip(kind.places.tolist(), texts, strict=True):
                found[place] = text
        for place, findings in told.others.items():
            found[place] = utf8(", ".join([finding_text(finding, self._tell) for finding in findings]))
        return found
