"""Proof that the engine says the same of two captures, packet by packet and connection by connection."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.access.open_capture import view_of
from tcptui.access.requests import requests_of, with_payload
from tcptui.analysis.timing.budget import time_budget

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tcptui.access.open_capture import JudgedCapture, WholeCapture
    from tcptui.model.finding import CaptureFinding, Finding
    from tcptui.model.packet_store import U8
    from tcptui.model.request import Request

#: Columns that are compared for every packet.
_READ: Final = (
    "captured", "wire_length", "kind", "protocol", "ttl", "tos", "seq", "ack", "flags", "window",
    "header_length", "length", "options", "mss", "window_scale", "sack_left", "sack_right", "sack_bytes", "issues",
)  # fmt: skip
_VERDICTS: Final = (
    "verdict", "dup_ack_number", "refers_to", "acked", "bytes_in_flight", "push_bytes", "cause", "marks", "stream",
    "previous",
)  # fmt: skip


class Difference(NamedTuple):
    """The first place at which two captures differ."""

    what: str
    """``packets``, ``verdicts``, ``states``, ``findings``, ``budgets`` or ``requests``."""
    where: str
    """A packet, a stream, a finding."""


@dataclass
class Comparison:
    """The result of comparing two captures."""

    verdicts: int = 0
    states: int = 0
    findings: int = 0
    requests: int = 0
    budgets: int = 0
    difference: Difference | None = None
    gone: dict[str, int] = field(default_factory=dict)
    """Requests by protocol that are not told any more: their content was replaced."""
    lost: dict[str, int] = field(default_factory=dict)
    """The same of findings, by id."""


def compare(
    before: WholeCapture, after: WholeCapture, whole: tuple[Iterable[CaptureFinding], Iterable[CaptureFinding]],
    kept: Collection[str], *, may_lose: bool = False,
) -> Comparison:  # fmt: skip
    """Compare two captures that have been read to their end; stops at the first difference.

    ``whole``: the findings about each as a whole.  ``kept``: the kinds of requests that the new one still has.
    ``may_lose``: findings that it has not are no difference.  Raises OSError and InputError.
    """
    done = Comparison()
    done.difference = (
        compare_packets(before, after, done)
        or _connections(before, after, done, may_lose=may_lose)
        or _whole(whole, _frames(before, after), done, may_lose=may_lose)
        or _requests(before, after, kept, done)
    )
    return done


def compare_packets(before: JudgedCapture, after: JudgedCapture, done: Comparison) -> Difference | None:
    """The first packet that is decoded or judged differently, or has another state; None: no packet."""
    one, other = before.store, after.store
    if one.count != other.count:
        return Difference("packets", f"{one.count} / {other.count}")
    count = one.count
    columns = [
        (what, name, getattr(one, name)[:count] != getattr(other, name)[:count])
        for what, names in (("packets", _READ), ("verdicts", _VERDICTS))
        for name in names
    ]
    if before.streams.count == after.streams.count:
        sides = [_by_side(capture) for capture in (before, after)]
        columns += [
            ("states", name, first != second)
            for name, first, second in zip(("side", "client", "server"), sides[0], sides[1], strict=True)
        ]
    for what, name, differ in columns:
        if differ.any():
            return Difference(what, f"{name}, {int(one.frame[int(differ.argmax())])}")
    times = one.time_ns[:count] - other.time_ns[:count]
    if count and (times != times[0]).any():
        return Difference("packets", "time")
    tcp = int((one.stream[:count] >= 0).sum())
    done.verdicts, done.states = tcp, 2 * tcp
    return None


def _by_side(capture: JudgedCapture) -> tuple[U8, U8, U8]:
    """The sender of each packet (1 the server) and the states of client and server; 0 without a connection.

    Which end is *a* depends on the addresses, and who is the client does not.
    """
    store, count = capture.store, capture.store.count
    of_stream = store.stream[:count] >= 0
    reversed_ = (
        capture.streams.client_is_b[np.where(of_stream, store.stream[:count], 0)]
        if of_stream.any()
        else (np.zeros(count, np.uint8))
    )
    first, second = store.state_a[:count], store.state_b[:count]
    sender = np.where(of_stream, store.from_b[:count] ^ reversed_, 0).astype(np.uint8)
    client = np.where(of_stream, np.where(reversed_ != 0, second, first), 0).astype(np.uint8)
    server = np.where(of_stream, np.where(reversed_ != 0, first, second), 0).astype(np.uint8)
    return sender, client, server


def _connections(
    before: WholeCapture, after: WholeCapture, done: Comparison, *, may_lose: bool
) -> Difference | None:  # fmt: skip
    """Compare the findings and the time budgets of the connections."""
    frames = _frames(before, after)
    for (stream, told, parts), (_, again, parts_again) in zip(_each(before), _each(after), strict=True):
        keys = [_key(one, frames) for one in told], [_key(one, None) for one in again]
        found = _differing(*keys, done, may_lose=may_lose)
        if found is not None:
            return Difference("findings", f"{found}, {stream}")
        if parts != parts_again and not _is_same_time(before, after, stream):
            return Difference("budgets", str(stream))
        done.budgets += 1
    return None


def _each(capture: WholeCapture) -> Iterator[tuple[int, tuple[Finding, ...], list[int]]]:
    """Each connection with its findings and the parts of its time budget."""
    for batch in capture.all_findings.judged():
        for (stream, found), parts in zip(batch.each(), batch.parts.tolist(), strict=True):
            yield stream, found, parts


def _is_same_time(before: WholeCapture, after: WholeCapture, stream: int) -> bool:
    """True if ``stream`` has the same time budget in both by TCP alone: a protocol's waits go with its content."""
    first, second = (time_budget(view_of(capture, stream)).parts for capture in (before, after))
    return first == second


def _whole(
    whole: tuple[Iterable[CaptureFinding], Iterable[CaptureFinding]], frames: dict[int, int], done: Comparison, *,
    may_lose: bool,
) -> Difference | None:  # fmt: skip
    """Compare the findings about the captures as a whole."""
    told, again = (
        [(*_key(one.finding, numbers), one.streams) for one in of]
        for of, numbers in zip(whole, (frames, None), strict=True)
    )
    found = _differing(told, again, done, may_lose=may_lose)
    return None if found is None else Difference("findings", found)


def _frames(before: JudgedCapture, after: JudgedCapture) -> dict[int, int]:
    """Numbers of packets in the new capture, where they are others; blocks that are none have numbers, too."""
    old, new = before.store.frame[: before.store.count], after.store.frame[: after.store.count]
    differ = np.flatnonzero(old != new)
    return dict(zip(old[differ].tolist(), new[differ].tolist(), strict=True))


def _key(one: Finding, frames: dict[int, int] | None) -> tuple[str, int, str, tuple[int, ...]]:
    packets = one.packets if not frames else tuple(frames.get(frame, frame) for frame in one.packets)
    return str(one.id), int(one.severity), one.confidence.value, packets


def _differing(
    told: Sequence[tuple[str, *tuple[object, ...]]], again: Sequence[tuple[str, *tuple[object, ...]]],
    done: Comparison, *, may_lose: bool,
) -> str | None:  # fmt: skip
    """The id of the first finding that only one of the two has, a lost one where none may be."""
    lost, new = Counter(told) - Counter(again), Counter(again) - Counter(told)
    done.findings += len(told) - lost.total()
    for one, count in lost.items():
        done.lost[one[0]] = done.lost.get(one[0], 0) + count
    apart = [*new] if may_lose else [*lost, *new]
    return apart[0][0] if apart else None


def _requests(
    before: JudgedCapture, after: JudgedCapture, kept: Collection[str], done: Comparison
) -> Difference | None:
    frames = _frames(before, after)
    for stream in with_payload(before).tolist():
        told, again = requests_of(before, stream), requests_of(after, stream)
        for one in told:
            if one.protocol not in kept:
                done.gone[one.protocol] = done.gone.get(one.protocol, 0) + 1
        first = [_request_key(one, frames) for one in told if one.protocol in kept]
        second = [_request_key(one, {}) for one in again]
        if first != second:
            return Difference("requests", str(stream))
        done.requests += len(first)
    return None


def _request_key(one: Request, frames: dict[int, int]) -> tuple[object, ...]:
    messages = [
        None if of is None else (frames.get(of.first, of.first), frames.get(of.last, of.last), of.bytes)
        for of in (one.request, one.response)
    ]
    return one.protocol, one.status, *messages, one.complete, one.duration_ns, one.time
