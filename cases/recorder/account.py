"""What each end sent and received, in the kernel's order and with the kernel's times.

The trace says when a frame passed a device (``net_dev_start_xmit``, ``netif_receive_skb``), the link
says which frame that was: both keep the same order, so the n-th event is the n-th frame.  But two processors may send
at once, and the frame of the later event reach the link first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cases.recorder.capturing import RIGHT, Capturing
from cases.recorder.link import Delivery, Link, Origin, SentFrame
from cases.recorder.namespaces import Address, End
from cases.recorder.rules import NANOSECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.recorder.tracing import TraceEvent

SENDS: Final = "net_dev_start_xmit"
RECEIVES: Final = "netif_receive_skb"
#: Frames that two processors send within this time (ns) may reach the link in another order than the trace has.
CROSSED_NS: Final = 1_000_000


class RecordingError(RuntimeError):
    """What was recorded cannot be trusted; the message says why."""


@dataclass(slots=True)
class Passing:
    """One frame at one end's interface."""

    end: End
    sent: bool
    """Sent by this end; otherwise received."""
    index: int
    """Into what the link took from this end, or gave to it."""
    time_ns: int
    """Monotonic."""
    frame: bytes
    captured: bool
    number: int = 0
    """1-based frame number in this end's capture; 0 when it is not in it."""


@dataclass(slots=True)
class Account:
    """Both ends' frames, and which trace event was which frame."""

    passings: dict[End, list[Passing]]
    by_event: dict[int, Passing]
    """Index of a trace event → the frame that passed then."""
    sent: dict[tuple[End, int], Passing]
    """(sender, index into what the link took) → the frame at the sender's interface."""
    copies: dict[End, list[Passing]] = field(default_factory=dict)
    """What a mirror port shows a second time; nothing passed then."""

    def captured(self, end: End) -> list[Passing]:
        """What the capture of an end holds, in order."""
        shown = [passing for passing in self.passings[end] if passing.number]
        return sorted([*shown, *self.copies[end]], key=lambda passing: passing.number)


def make_account(
    events: Sequence[TraceEvent], link: Link, addresses: Mapping[End, Address], capturing: Capturing = RIGHT
) -> Account:
    """Ties trace events to the link's frames; raises RecordingError when they do not match one to one."""
    ends = {address.device: end for end, address in addresses.items()}
    account = Account({end: [] for end in End}, {}, {})
    positions: dict[tuple[End, str], list[int]] = {(end, name): [] for end in End for name in (SENDS, RECEIVES)}
    for position, event in enumerate(events):
        end = ends.get(event.fields.get("dev", ""))
        if end is not None and event.name in (SENDS, RECEIVES):
            positions[end, event.name].append(position)
    for (end, name), found in positions.items():
        frames: Sequence[SentFrame | Delivery] = link.sent[end] if name == SENDS else link.delivered[end]
        ordered = in_order_of_link(events, found, frames) if name == SENDS else found
        for index, position in enumerate(ordered):
            passing = account.by_event[position] = _passing(frames, end, events[position], index)
            if passing.sent:
                account.sent[end, index] = passing
        if len(found) != len(frames):
            raise RecordingError(f"{end.value}: {len(found)} {name} events for {len(frames)} frames of the link")
    for position in sorted(account.by_event):
        passing = account.by_event[position]
        account.passings[passing.end].append(passing)
    for end in End:
        account.copies[end] = _number(account.passings[end], capturing.mirror_after)
    return account


def in_order_of_link(
    events: Sequence[TraceEvent], positions: Sequence[int], frames: Sequence[SentFrame | Delivery]
) -> list[int]:
    """The ``positions`` of an end's sends in ``events``, in the order in which the link took its ``frames``.

    As in the trace, but where lengths show that another processor's frame, sent at nearly the same time, came first.
    """
    waiting = list(positions)
    found = [waiting.pop(_next(events, waiting, len(frame.frame))) for frame in frames[: len(positions)]]
    return found + waiting


def _next(events: Sequence[TraceEvent], waiting: Sequence[int], length: int) -> int:
    """The place among the ``waiting`` sends of the one that the link took next, a frame of ``length`` bytes."""
    first, before = events[waiting[0]], set()
    for place, position in enumerate(waiting):
        event = events[position]
        if event.time_ns - first.time_ns > CROSSED_NS:
            break
        if event.cpu not in before and _length(event) == length:
            return place
        before.add(event.cpu)  # a processor sends one frame after the other
    return 0


def _length(event: TraceEvent) -> int:
    """Bytes of the frame, with its Ethernet header, which is off again when it has been received."""
    return int(event.fields["len"]) + (0 if event.name == SENDS else 14)


def _passing(frames: Sequence[SentFrame | Delivery], end: End, event: TraceEvent, index: int) -> Passing:
    if index >= len(frames):
        raise RecordingError(f"{end.value}: the link does not know frame {index + 1} of {event.name}")
    known = frames[index]
    if (length := _length(event)) != len(known.frame):
        raise RecordingError(f"{end.value}: {event.name} of {length} bytes, the link had {len(known.frame)}")
    return Passing(end, event.name == SENDS, index, event.time_ns, known.frame, known.captured)


def _number(passings: list[Passing], mirror_after: float | None) -> list[Passing]:
    """Frame numbers, and times that keep the order within a microsecond; returns the mirror's copies."""
    latest = 0
    for passing in passings:
        latest = passing.time_ns = max(passing.time_ns, latest + 1)
    shown = [passing for passing in passings if passing.captured]
    after_ns = None if mirror_after is None else round(mirror_after * NANOSECONDS)
    copies = [] if after_ns is None else [replace(passing, time_ns=passing.time_ns + after_ns) for passing in shown]
    for number, passing in enumerate(sorted([*shown, *copies], key=lambda passing: passing.time_ns), 1):
        passing.number = number
    return copies


def link_log(link: Link, account: Account, offset_ns: int) -> list[dict[str, object]]:
    """What became of every TCP frame: one entry each, in the order they were sent (see cases/recorder/README.md)."""
    arrivals: dict[tuple[End, int], list[int]] = {}
    entries: list[tuple[int, dict[str, object]]] = []
    received = {(p.end, p.index): p for end in End for p in account.passings[end] if not p.sent}
    for end in End:
        for index, delivery in enumerate(link.delivered[end]):
            passing = received[end, index]
            if delivery.origin is Origin.INJECTED:
                entry = {"time_ns": passing.time_ns + offset_ns, "from": "link", "to": end.value}
                entries.append((passing.time_ns, entry | {"delivered": [passing.number]}))
            else:
                arrivals.setdefault((end.other, delivery.sent), []).append(passing.number)
    for (end, index), passing in account.sent.items():
        passage = link.sent[end][index].passage
        if passage is None:
            continue
        entry = {"time_ns": passing.time_ns + offset_ns, "from": end.value, "to": end.other.value}
        entry |= {"frame": passing.number, "delivered": arrivals.get((end, index), [])}
        if passage.dropped is not None:
            entry["dropped"] = passage.dropped
        if passage.notes:
            entry["rules"] = passage.notes
        entries.append((passing.time_ns, entry))
    return [entry for _, entry in sorted(entries, key=lambda item: item[0])]
