"""Findings of ordinary short connections, made for thousands at a time and kept as columns.

A capture may have a hundred thousand healthy connections, each with the same two or three findings.  The JSON report
writes them straight from these columns; other callers make `Finding` objects of them.  The rules are those of
`tcptui.findings.rules.handshake`, `close` and `reset`; a test compares both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.capture_point import positions_of
from tcptui.analysis.stream.table import StreamMark
from tcptui.findings.facts import SIDES
from tcptui.model.capture_point import CapturePoint
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tcptui.analysis.capture_point import CapturePlace
    from tcptui.analysis.stream.clean_streams import CleanStreams
    from tcptui.analysis.stream.columns import RowBlock
    from tcptui.findings.stream_findings import AlikeFindings
    from tcptui.model.finding import Fact
    from tcptui.model.packet_store import I64

    #: A fact that all findings share, or its value in each of them.
    Differing = Fact | I64 | list[str]


@dataclass(frozen=True, slots=True)
class BulkFinding:
    """Notes with one id, confidence and set of alternatives, one per stream, as columns."""

    id: FindingId
    confidence: Confidence
    owner: I64
    """The stream of each finding: its position among the ordinary streams of the block, ascending."""
    facts: Mapping[str, Differing]
    """A fact that differs is an array (nanoseconds where its name ends in ``_s``, else integers) or a list of texts."""
    evidence: tuple[str, ...]
    """Names of the facts that hold the frame numbers of the evidence."""
    alternatives: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def differing(self) -> dict[str, I64 | list[str]]:
        """The facts that are not the same in all findings."""
        return {name: value for name, value in self.facts.items() if isinstance(value, (np.ndarray, list))}

    def cut(self, begin: int, end: int) -> BulkFinding:
        """Those of the owners from ``begin`` up to ``end``, which then count from 0."""
        first, stop = self.owner.searchsorted((begin, end)).tolist()
        facts = {
            name: value[first:stop] if isinstance(value, (np.ndarray, list)) else value
            for name, value in self.facts.items()
        }
        return replace(self, owner=self.owner[first:stop] - begin, facts=facts)

    def pattern(self, facts: Mapping[str, Fact]) -> Finding:
        """A template: a finding without stream and evidence whose differing facts are ``facts``."""
        known = {name: facts.get(name, value) for name, value in self.facts.items()}
        return Finding(self.id, -1, (), Severity.NOTE, self.confidence, known, self.alternatives)  # type: ignore[arg-type]

    def each(self, streams: Iterable[int]) -> Iterator[Finding]:
        """The findings as objects; ``streams``: the stream number of each owner."""
        columns: list[Iterable[Any]] = [_cells(name, value) for name, value in self.facts.items()]
        names = tuple(self.facts)
        evidence = [names.index(name) for name in self.evidence]
        for stream, cells in zip(streams, zip(*columns, strict=False), strict=True):
            packets = tuple(cells[place] for place in evidence)
            facts = dict(zip(names, cells, strict=True))
            yield Finding(self.id, stream, packets, Severity.NOTE, self.confidence, facts, self.alternatives)


@dataclass(frozen=True, slots=True)
class BulkFindings:
    """The findings of a batch of streams."""

    streams: I64
    """Stream numbers, ascending."""
    parts: I64
    """`TimeBudget.parts` of each stream, one row a stream."""
    plain: I64
    """Positions of the ordinary streams in ``streams``; `BulkFinding.owner` is an index into this array."""
    alike: list[BulkFinding]
    """The findings of the ordinary streams, in the order in which each stream lists them."""
    kinds: list[AlikeFindings]
    """The findings of streams in trouble that are alike."""
    others: dict[int, tuple[Finding, ...]]
    """The findings of each other stream, by its position in ``streams``."""

    def parts_of(self, most: int) -> Iterator[BulkFindings]:
        """The same in parts of at most so many streams, about as many in each."""
        parts = -(-len(self.streams) // most)
        for part in range(parts):
            yield self._cut(*(len(self.streams) * edge // parts for edge in (part, part + 1)))

    def _cut(self, begin: int, end: int) -> BulkFindings:
        first, stop = self.plain.searchsorted((begin, end)).tolist()
        return BulkFindings(
            self.streams[begin:end],
            self.parts[begin:end],
            self.plain[first:stop] - begin,
            [some for alike in self.alike if len(some := alike.cut(first, stop))],
            [same for kind in self.kinds if len(same := kind.cut(begin, end))],
            {place - begin: findings for place, findings in self.others.items() if begin <= place < end},
        )


def _cells(name: str, value: Fact | I64 | list[str]) -> Iterable[Any]:
    """The values of one fact, one per finding; times become seconds."""
    if isinstance(value, np.ndarray):
        return seconds_of(value).tolist() if name.endswith("_s") else value.tolist()
    return value if isinstance(value, list) else repeat(value)


def seconds_of(time_ns: I64) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Nanoseconds as seconds, as facts have them: the same floats as Python's division gives."""
    return time_ns / 1e9


_REUSED: Final = int(StreamMark.PORT_REUSED)
#: Alternatives of a close whose last acknowledgment was not captured.
_UNSEEN: Final = ("last-ack-unseen", "closed-by-reset")


def plain_findings(block: RowBlock, plain: CleanStreams, place: CapturePlace) -> list[BulkFinding]:
    """The findings of ``plain``, whose rows lie in ``block``, in the order in which each stream lists them."""
    if not len(plain):
        return []
    return [_opened(block, plain, place), *_reused(block, plain), *_unused(block, plain), *_closed(block, plain)]


def one_by_one(streams: I64, told: list[BulkFinding]) -> Iterator[tuple[Finding, ...]]:
    """The findings of each of ``streams`` as objects, from the columns ``told``.

    ``streams``: the numbers of the ordinary streams, into which `BulkFinding.owner` is an index.
    """
    found: list[list[Finding]] = [[] for _ in range(len(streams))]
    for alike in told:
        for owner, finding in zip(alike.owner.tolist(), alike.each(streams[alike.owner].tolist()), strict=True):
            found[owner].append(finding)
    yield from map(tuple, found)


def _first_answer(plain: CleanStreams, server: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> I64:
    """The server's first segment after the handshake, as a position in the block; 0 without one."""
    places = plain.places
    answers = np.flatnonzero(server[places] & (places > plain.begin[plain.owner] + 2))[::-1]
    first = np.zeros(len(plain), np.int64)
    first[plain.owner[answers]] = places[answers]
    return first


def _opened(block: RowBlock, plain: CleanStreams, place: CapturePlace) -> BulkFinding:
    """`tcptui.findings.rules.handshake.three_way_handshake` in bulk."""
    frame, time, begin = block.column("frame"), block.column("time_ns"), plain.begin
    server_ns, client_ns = time[begin + 1] - time[begin], time[begin + 2] - time[begin + 1]
    whole_ns = server_ns + client_ns
    return BulkFinding(
        FindingId.THREE_WAY_HANDSHAKE,
        Confidence.CERTAIN,
        np.arange(len(plain)),
        {
            "shape": "proved",
            "count": 1,
            "syn_frame": frame[begin],
            "syn_ack_frame": frame[begin + 1],
            "third_frame": frame[begin + 2],
            "rtt_s": whole_ns,
            "total_s": whole_ns,
            "server_s": server_ns,
            "client_s": client_ns,
            "position": [
                (by_handshake if role is CapturePoint.UNKNOWN else role).value
                for by_handshake, role in zip(
                    positions_of(server_ns, client_ns), place.roles(block.streams, plain.stream), strict=True
                )
            ],
            "proof_frame": frame[_first_answer(plain, block.column("from_server"))],
        },
        ("syn_frame", "syn_ack_frame", "third_frame"),
    )


def _reused(block: RowBlock, plain: CleanStreams) -> Iterator[BulkFinding]:
    """`tcptui.findings.rules.handshake.port_reused` in bulk, for a reuse that did no harm."""
    table = block.streams
    mine = np.flatnonzero((table.marks[plain.stream] & _REUSED) != 0)
    if not len(mine):
        return
    stream = plain.stream[mine]
    ports_a, ports_b = table.flows.ports(table.flow[stream])
    facts: dict[str, Differing] = {
        "shape": "",
        "syn_frame": block.column("frame")[plain.begin[mine]],
        "answer_frame": 0,
        "port": np.where(table.client_is_b[stream] != 0, ports_b, ports_a),
    }
    yield BulkFinding(FindingId.PORT_REUSED, Confidence.CERTAIN, mine, facts, ("syn_frame",))


def _unused(block: RowBlock, plain: CleanStreams) -> Iterator[BulkFinding]:
    """`tcptui.findings.rules.reset.probe_connection` in bulk, for connections closed by FIN without any payload."""
    unused = ~plain.used
    if not unused.any():
        return
    frame, time = block.column("frame"), block.column("time_ns")
    by_server = block.column("from_server")[plain.fin]
    for closer in (0, 1):
        mine = np.flatnonzero(unused & (by_server == bool(closer)))
        if not len(mine):
            continue
        begin, fin = plain.begin[mine], plain.fin[mine]
        (clients, _ports), (servers, ports) = block.streams.clients_and_servers(plain.stream[mine])
        facts: dict[str, Differing] = {
            "shape": "closed",
            "client": clients.tolist(),
            "server": servers.tolist(),
            "port": ports,
            "syn_frame": frame[begin],
            "end_frame": frame[fin],
            "closer": SIDES[closer],
            "lasted_s": time[fin] - time[begin],
        }
        yield BulkFinding(
            FindingId.PROBE_CONNECTION,
            Confidence.LIKELY,
            mine,
            facts,
            ("syn_frame", "end_frame"),
            ("health-check", "racing", "scanner"),
        )


def _closed(block: RowBlock, plain: CleanStreams) -> Iterator[BulkFinding]:
    """`tcptui.findings.rules.close.orderly_close` in bulk: three or four packets, with or without the last ACK."""
    by_server = block.column("from_server")[plain.fin]
    three, whole = plain.acknowledged == plain.second, plain.last >= 0
    for closer in (0, 1):
        for in_three in (True, False):
            for is_whole in (True, False):
                mine = np.flatnonzero((by_server == bool(closer)) & (three == in_three) & (whole == is_whole))
                if len(mine):
                    yield _closed_by(closer, block, plain, mine, in_three=in_three, is_whole=is_whole)


def _closed_by(
    closer: int, block: RowBlock, plain: CleanStreams, mine: I64, *, in_three: bool, is_whole: bool
) -> BulkFinding:
    frame, time = block.column("frame"), block.column("time_ns")
    fin, second = plain.fin[mine], plain.second[mine]
    last = plain.last[mine] if is_whole else second
    facts: dict[str, Differing] = {
        "shape": "" if is_whole else "no-last-ack",
        "closer": SIDES[closer],
        "other": SIDES[1 - closer],
        "fin_frame": frame[fin],
        "ack_frame": frame[plain.acknowledged[mine]],
        "second_frame": frame[second],
        "last_frame": frame[last] if is_whole else 0,
        "gap_s": time[second] - time[fin],
        "took_s": time[last] - time[fin],
    }
    finding = FindingId.THREE_PACKET_CLOSE if in_three else FindingId.FOUR_PACKET_CLOSE
    evidence = ("fin_frame", "second_frame") if in_three else ("fin_frame", "ack_frame", "second_frame")
    if is_whole:
        return BulkFinding(finding, Confidence.CERTAIN, mine, facts, (*evidence, "last_frame"))
    return BulkFinding(finding, Confidence.LIKELY, mine, facts, evidence, _UNSEEN)
