"""The text on a packet's arrow: as much as fits, the least important part dropped first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.analysis.stream.table import NO_BASE
from tcptui.model.packet_store import OptionBit
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag, flag_names
from tcptui.ui.cell_text import fit

if TYPE_CHECKING:
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore


@dataclass(frozen=True, slots=True)
class Segment:
    """The numbers of one packet as they are displayed: relative or raw."""

    flags: int
    seq: int
    end: int
    """Sequence number after the last payload byte; SYN and FIN are not counted, as in tcpdump's output."""
    ack: int
    length: int
    window: int
    """In bytes, scaled where the window scale is known."""
    mss: int
    dup_ack_number: int
    sack: tuple[int, int] | None


#: Importance of the parts of the text; the part that says what the packet is for is dropped last.
_NAME: Final = 10
_FIRST: Final = 9


def segment_at(store: PacketStore, streams: StreamTable, row: int, bases: tuple[int, int]) -> Segment:
    """The numbers of ``row``, relative to ``bases`` (its sender's and the peer's), or raw with `NO_BASE`."""
    stream = int(store.stream[row])
    from_b = bool(store.from_b[row])
    own, peer = bases
    flags = int(store.flags[row])
    length = max(0, int(store.length[row]))
    seq = _relative(int(store.seq[row]), own)
    shift = int((streams.scale_b if from_b else streams.scale_a)[stream])
    scaled = 0 if flags & TcpFlag.SYN else max(shift, 0)
    sack = (int(store.sack_left[row]), int(store.sack_right[row])) if store.options[row] & OptionBit.SACK else None
    return Segment(
        flags=flags,
        seq=seq,
        end=(seq + length) & SEQ_MASK,
        ack=_relative(int(store.ack[row]), peer),
        length=length,
        window=int(store.window[row]) << scaled,
        mss=int(store.mss[row]),
        dup_ack_number=int(store.dup_ack_number[row]),
        sack=None if sack is None else (_relative(sack[0], peer), _relative(sack[1], peer)),
    )


def _relative(number: int, base: int) -> int:
    return number if base == NO_BASE else (number - base) & SEQ_MASK


def _parts(segment: Segment, name: str) -> list[tuple[int, str]]:
    """The parts of the text as (importance, text), in reading order."""
    flags = segment.flags
    names = flag_names(flags)
    window = (8 if segment.window == 0 and not flags & TcpFlag.RST else 1, f"win {segment.window}")
    ack = f"ack {segment.ack}"
    has_ack = bool(flags & TcpFlag.ACK)
    parts: list[tuple[int, str]] = [(_NAME, name)] if name else []
    if flags & TcpFlag.SYN:
        parts += [(_FIRST, names), (5, f"seq {segment.seq}")]
        if has_ack:
            parts.append((6, ack))
        if segment.length:
            parts.append((7, f"len {segment.length}"))
        parts.append((max(4, window[0]), window[1]))
        if segment.mss:
            parts.append((3, f"mss {segment.mss}"))
        return parts
    if segment.length:
        special = flags & (TcpFlag.FIN | TcpFlag.RST)
        parts += [(_FIRST if special else 3 if name else 6, names), (8, f"{segment.seq}:{segment.end}")]
        if has_ack:
            parts.append((2, ack))
        return [*parts, (5, f"len {segment.length}"), window]
    if flags & (TcpFlag.FIN | TcpFlag.RST):
        parts += [(_FIRST, names), (7, f"seq {segment.seq}")]
        return [*parts, (5, ack)] if has_ack else parts
    if not name or flags != TcpFlag.ACK:  # the name says more than the ACK flag, which nearly every packet has
        parts.append((4 if name else 7, names))
    parts.append((8, ack if has_ack else f"seq {segment.seq}"))
    if segment.sack is not None:
        parts.append((5, f"sack {segment.sack[0]}:{segment.sack[1]}"))
    if segment.dup_ack_number:
        parts.append((6, f"#{segment.dup_ack_number}"))
    return [*parts, (max(3, window[0]), window[1])]


def arrow_text(segment: Segment, name: str, width: int, ellipsis: str) -> str:
    """The arrow's text in at most ``width`` cells; ``name`` is that of the problem, or empty."""
    parts = _parts(segment, name)
    while True:
        text = " ".join(part for _, part in parts)
        if cell_len(text) <= width or len(parts) == 1:
            break
        least = min(range(len(parts)), key=lambda index: (parts[index][0], -index))
        del parts[least]
    return text if cell_len(text) <= width else fit(text, width, ellipsis)


def arrow(text: str, width: int, to_right: bool, shaft: str, heads: tuple[str, str]) -> tuple[str, str, str]:
    """``text`` on an arrow of ``width`` cells, as (before, text, after); ``heads`` are the left and the right one."""
    left, right = heads
    room = width - (len(right) if to_right else len(left))
    label = f" {text} " if text else ""
    rest = max(0, room - cell_len(label))
    before = rest // 2
    tail, tip = shaft * before, shaft * (rest - before)
    return (tail, label, tip + right) if to_right else (left + tail, label, tip)
