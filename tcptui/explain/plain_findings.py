"""What is said of ordinary short connections, from columns: how they opened and how they closed.

The same as `tcptui.explain.opening` and `tcptui.explain.closing` say of each; a test holds the one against the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.position import position_of
from tcptui.analysis.stream_table import StreamMark
from tcptui.explain.reading import SIDES
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.analysis.plain_streams import PlainStreams
    from tcptui.analysis.row_block import RowBlock

_REUSED: Final = int(StreamMark.PORT_REUSED)
#: What else a close without its last acknowledgment could be.
_UNSEEN: Final = ("last-ack-unseen", "closed-by-reset")


def plain_findings(block: RowBlock, plain: PlainStreams) -> Iterator[tuple[Finding, ...]]:
    """The findings of each of ``plain``, whose rows lie in ``block``."""
    if not len(plain):
        return
    frame, time = block.column("frame"), block.column("time_ns")
    table, begin = block.streams, plain.begin
    server = block.column("from_server")
    complete = plain.last >= 0
    proof = _first_answer(plain, server)
    client_is_b = table.client_is_b[plain.stream] != 0
    ports_a, ports_b = table.flows.ports(table.flow[plain.stream])
    columns = (
        plain.stream,
        frame[begin], frame[begin + 1], frame[begin + 2], frame[proof],
        time[begin + 1] - time[begin], time[begin + 2] - time[begin + 1],
        server[plain.fin], frame[plain.fin], frame[plain.acknowledged], frame[plain.second],
        np.where(complete, frame[plain.last], 0),
        time[plain.second] - time[plain.fin], time[np.where(complete, plain.last, plain.second)] - time[plain.fin],
        (table.marks[plain.stream] & _REUSED) != 0, np.where(client_is_b, ports_b, ports_a),
    )  # fmt: skip
    for (
        stream, syn, syn_ack, third, proved, server_ns, client_ns,
        closer, fin, acknowledged, second, last, gap_ns, took_ns, reused, port,
    ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
        found = [_opened(stream, syn, syn_ack, third, proved, server_ns, client_ns)]
        if reused:
            found.append(_reused(stream, syn, port))
        found.append(_closed(stream, int(closer), fin, acknowledged, second, last, gap_ns, took_ns))
        yield tuple(found)


def _first_answer(plain: PlainStreams, server: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> np.ndarray:
    """The server's first segment after the opening."""
    places = plain.places
    answers = np.flatnonzero(server[places] & (places > plain.begin[plain.owner] + 2))[::-1]
    first = np.zeros(len(plain), np.int64)
    first[plain.owner[answers]] = places[answers]
    return first


def _opened(stream: int, syn: int, syn_ack: int, third: int, proof: int, server_ns: int, client_ns: int) -> Finding:
    """As `opening.three_way_handshake` tells it."""
    whole_s = (server_ns + client_ns) / 1e9
    facts: dict[str, Fact] = {
        "shape": "proved",
        "count": 1,
        "syn_frame": syn,
        "syn_ack_frame": syn_ack,
        "third_frame": third,
        "rtt_s": whole_s,
        "total_s": whole_s,
        "server_s": server_ns / 1e9,
        "client_s": client_ns / 1e9,
        "position": position_of(server_ns, client_ns).value,
        "proof_frame": proof,
    }
    packets = (syn, syn_ack, third)
    return Finding(FindingId.THREE_WAY_HANDSHAKE, stream, packets, Severity.NOTE, Confidence.CERTAIN, facts)


def _reused(stream: int, syn: int, port: int) -> Finding:
    """As `opening.port_reused` tells it where the reuse did no harm."""
    facts: dict[str, Fact] = {"shape": "", "syn_frame": syn, "answer_frame": 0, "port": port}
    return Finding(FindingId.PORT_REUSED, stream, (syn,), Severity.NOTE, Confidence.CERTAIN, facts)


def _closed(
    stream: int, closer: int, fin: int, acknowledged: int, second: int, last: int, gap_ns: int, took_ns: int
) -> Finding:
    """As `closing.orderly_close` tells it; ``last`` is 0 where the last acknowledgment is missing."""
    three = acknowledged == second
    facts: dict[str, Fact] = {
        "shape": "" if last else "no-last-ack",
        "closer": SIDES[closer],
        "other": SIDES[1 - closer],
        "fin_frame": fin,
        "ack_frame": acknowledged,
        "second_frame": second,
        "last_frame": last,
        "gap_s": gap_ns / 1e9,
        "took_s": took_ns / 1e9,
    }
    finding = FindingId.THREE_PACKET_CLOSE if three else FindingId.FOUR_PACKET_CLOSE
    packets = (fin, second) if three else (fin, acknowledged, second)
    if last:
        return Finding(finding, stream, (*packets, last), Severity.NOTE, Confidence.CERTAIN, facts)
    return Finding(finding, stream, packets, Severity.NOTE, Confidence.LIKELY, facts, _UNSEEN)
