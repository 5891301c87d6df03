"""What a recorder does wrong, applied to a capture that has everything: what is left, and which frame that was.

Recordings are whole, so that the truth is known; the faulty capture is made of one end's file.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cases.recorder.pcapng import Record, read_pcapng, write_pcapng
from cases.recorder.segment import Flag, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ETHERNET_LINK: Final = 1
WHOLE: Final = 262_144
MIRROR_NS: Final = 12_000
SHOWN: Final = "shown.pcapng"


class CaptureFaultKind(StrEnum):
    """Which fault of the recorder."""

    LOSES = "loses"
    LOSES_BURST = "loses-burst"
    BEGINS_LATE = "begins-late"
    ENDS_EARLY = "ends-early"
    CUTS_FRAMES = "cuts-frames"
    MIRRORS = "mirrors"
    CLOCK_BACK = "clock-back"
    CLOCK_FORWARD = "clock-forward"
    ONE_WAY = "one-way"
    NO_BARE_ACKS = "no-bare-acks"
    ONLY_CONTROL = "only-control"


@dataclass(frozen=True, slots=True)
class CaptureFault:
    """One fault of the recorder at one end."""

    name = "capture-fault"
    kind: CaptureFaultKind
    end: str
    """Whose capture: ``client`` or ``server``."""
    share: float
    """Where in the capture, or how much of it: 0 … 1."""
    seconds: float = 0.0
    """By how much a clock is set."""
    reported: bool = False
    """Whether the recorder says how many packets it lost."""
    salt: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What an analyst gets to see of one end."""

    path: Path
    frames: tuple[int, ...]
    """Frame n of this file was this frame of the whole capture (1-based; index 0 is frame 1)."""
    fault: CaptureFault | None

    @property
    def visible(self) -> frozenset[int]:
        """Frames of the whole capture that are in this one."""
        return frozenset(self.frames)


def whole(path: Path) -> Shown:
    """The capture as it is."""
    return Shown(path, tuple(range(1, len(read_pcapng(path)) + 1)), None)


def faulty(path: Path, fault: CaptureFault, out: Path) -> Shown:
    """Writes the capture at ``path`` as the faulty recorder would have, into ``out``."""
    records = read_pcapng(path)
    kept = list(_kept(records, fault))
    lost = len(records) - len(kept)
    write_pcapng(
        out,
        [record for _, record in kept],
        link_type=ETHERNET_LINK,
        snapshot=_snapshot(fault),
        interface=fault.end,
        comment=f"composed, with a fault of the recorder: {fault.kind}",
        system="Linux",
        application="tcptui tests.campaigns.compose",
        dropped=lost if fault.reported else 0,
    )
    return Shown(out, tuple(number for number, _ in kept), fault)


def _snapshot(fault: CaptureFault) -> int:
    return 54 + round(fault.share * 60) if fault.kind is CaptureFaultKind.CUTS_FRAMES else WHOLE


def _kept(records: Sequence[Record], fault: CaptureFault) -> Iterator[tuple[int, Record]]:
    """The frames that are written, each with its number in the whole capture."""
    numbered = list(enumerate(records, 1))
    place = round(fault.share * len(records))
    shift = round(fault.seconds * 1e9)
    match fault.kind:
        case CaptureFaultKind.LOSES:
            chance = random.Random(fault.salt)
            yield from (each for each in numbered if chance.random() > fault.share)
        case CaptureFaultKind.LOSES_BURST:
            gone = range(place, place + random.Random(fault.salt).randint(2, 25))
            yield from (each for each in numbered if each[0] not in gone)
        case CaptureFaultKind.BEGINS_LATE:
            yield from numbered[place:]
        case CaptureFaultKind.ENDS_EARLY:
            yield from numbered[:place]
        case CaptureFaultKind.CUTS_FRAMES:
            size = _snapshot(fault)
            yield from ((number, replace(record, data=record.data[:size])) for number, record in numbered)
        case CaptureFaultKind.MIRRORS:
            both = [*numbered, *((n, replace(r, time_ns=r.time_ns + MIRROR_NS)) for n, r in numbered)]
            yield from sorted(both, key=lambda each: each[1].time_ns)
        case CaptureFaultKind.CLOCK_BACK:
            yield from (_moved(each, -shift if each[0] > place else 0) for each in numbered)
        case CaptureFaultKind.CLOCK_FORWARD:
            yield from (_moved(each, shift if each[0] > place else 0) for each in numbered)
        case CaptureFaultKind.ONE_WAY:
            wanted = random.Random(fault.salt).random() < 0.5
            yield from (each for each in numbered if _is_from_client(each[1]) is wanted)
        case CaptureFaultKind.NO_BARE_ACKS:
            yield from (each for each in numbered if not _is_bare_ack(each[1]))
        case CaptureFaultKind.ONLY_CONTROL:
            yield from (each for each in numbered if _is_control(each[1]))


def _moved(each: tuple[int, Record], by_ns: int) -> tuple[int, Record]:
    number, record = each
    return number, replace(record, time_ns=record.time_ns + by_ns)


def _is_from_client(record: Record) -> bool:
    segment = parse(record.data)
    return segment is not None and segment.destination_port < segment.source_port


def _is_bare_ack(record: Record) -> bool:
    segment = parse(record.data)
    return segment is not None and not segment.length and not segment.flags & (Flag.SYN | Flag.FIN | Flag.RST)


def _is_control(record: Record) -> bool:
    segment = parse(record.data)
    return segment is None or bool(segment.flags & (Flag.SYN | Flag.FIN | Flag.RST))
