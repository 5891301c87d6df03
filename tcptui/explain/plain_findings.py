"""What is said of ordinary short connections, from columns: how they opened and how they closed.

The same as `tcptui.explain.opening`, `tcptui.explain.closing` and `tcptui.explain.reset` say of each; a test holds the
one against the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.position import positions_of
from tcptui.analysis.stream_table import StreamMark
from tcptui.explain.alike import Alike
from tcptui.explain.reading import SIDES
from tcptui.model.finding import Confidence, FindingId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.analysis.plain_streams import PlainStreams
    from tcptui.analysis.row_block import RowBlock
    from tcptui.explain.alike import Differing
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I64

_REUSED: Final = int(StreamMark.PORT_REUSED)
#: What else a close without its last acknowledgment could be.
_UNSEEN: Final = ("last-ack-unseen", "closed-by-reset")


def plain_findings(block: RowBlock, plain: PlainStreams) -> list[Alike]:
    """The findings of ``plain``, whose rows lie in ``block``, in the order in which each stream's are told."""
    if not len(plain):
        return []
    return [_opened(block, plain), *_reused(block, plain), *_unused(block, plain), *_closed(block, plain)]


def one_by_one(streams: I64, told: list[Alike]) -> Iterator[tuple[Finding, ...]]:
    """The findings ``told`` of each of ``streams``, which are those that `Alike.owner` counts."""
    found: list[list[Finding]] = [[] for _ in range(len(streams))]
    for alike in told:
        for owner, finding in zip(alike.owner.tolist(), alike.each(streams[alike.owner].tolist()), strict=True):
            found[owner].append(finding)
    yield from map(tuple, found)


def _first_answer(plain: PlainStreams, server: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> I64:
    """The server's first segment after the opening."""
    places = plain.places
    answers = np.flatnonzero(server[places] & (places > plain.begin[plain.owner] + 2))[::-1]
    first = np.zeros(len(plain), np.int64)
    first[plain.owner[answers]] = places[answers]
    return first


def _opened(block: RowBlock, plain: PlainStreams) -> Alike:
    """As `opening.three_way_handshake` tells it."""
    frame, time, begin = block.column("frame"), block.column("time_ns"), plain.begin
    server_ns, client_ns = time[begin + 1] - time[begin], time[begin + 2] - time[begin + 1]
    whole_ns = server_ns + client_ns
    return Alike(
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
            "position": [position.value for position in positions_of(server_ns, client_ns)],
            "proof_frame": frame[_first_answer(plain, block.column("from_server"))],
        },
        ("syn_frame", "syn_ack_frame", "third_frame"),
    )


def _reused(block: RowBlock, plain: PlainStreams) -> Iterator[Alike]:
    """As `opening.port_reused` tells it where the reuse did no harm."""
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
    yield Alike(FindingId.PORT_REUSED, Confidence.CERTAIN, mine, facts, ("syn_frame",))


def _unused(block: RowBlock, plain: PlainStreams) -> Iterator[Alike]:
    """As `reset.probe_connection` tells it of a connection that was closed without a byte."""
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
        yield Alike(
            FindingId.PROBE_CONNECTION,
            Confidence.LIKELY,
            mine,
            facts,
            ("syn_frame", "end_frame"),
            ("health-check", "racing", "scanner"),
        )


def _closed(block: RowBlock, plain: PlainStreams) -> Iterator[Alike]:
    """As `closing.orderly_close` tells it: in three packets or four, with or without the last acknowledgment."""
    by_server = block.column("from_server")[plain.fin]
    three, whole = plain.acknowledged == plain.second, plain.last >= 0
    for closer in (0, 1):
        for in_three in (True, False):
            for is_whole in (True, False):
                mine = np.flatnonzero((by_server == bool(closer)) & (three == in_three) & (whole == is_whole))
                if len(mine):
                    yield _closed_by(closer, block, plain, mine, in_three=in_three, is_whole=is_whole)


def _closed_by(
    closer: int, block: RowBlock, plain: PlainStreams, mine: I64, *, in_three: bool, is_whole: bool
) -> Alike:
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
        return Alike(finding, Confidence.CERTAIN, mine, facts, (*evidence, "last_frame"))
    return Alike(finding, Confidence.LIKELY, mine, facts, evidence, _UNSEEN)
