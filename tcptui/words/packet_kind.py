"""The kind of a segment by its flags and its place in the connection, regardless of verdicts, and its sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.words.packet_facts import PacketContext, acknowledges_fin, newly_acknowledged

if TYPE_CHECKING:
    from tcptui.model.finding import Fact
    from tcptui.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class Plain:
    """The description of a segment regardless of its verdict: kind (part of the catalogue keys), title and text."""

    kind: str
    title: str
    text: str


#: Kinds for which a sentence says what they newly acknowledge besides their data.
_WITH_DATA: Final = frozenset({"data", "fin-data", "third-data"})
_FINS: Final = frozenset({"fin", "fin-data"})


def ordinary_kind(context: PacketContext) -> str:
    """The kind of a segment by its flags and place, as part of a catalogue key (``narrative.packet.<kind>.…``)."""
    segment = context.segment
    flags = segment.flags
    if flags & RST:
        return _reset_kind(context)
    if flags & SYN:
        kind = "syn-ack" if flags & ACK else "syn"
        return f"{kind}-data" if segment.length else kind
    if flags & FIN:
        return "fin-data" if segment.length else "fin"
    peer = context.peer_previous
    if peer is not None and peer.flags & (SYN | ACK) == SYN | ACK and not segment.side and segment.seq == 1:
        first = context.own_previous is not None and bool(context.own_previous.flags & SYN)
        if first:
            return "third-data" if segment.length else "third"
    if segment.length:
        return "data"
    return _ack_kind(context) if flags & ACK else "no-ack"


def _reset_kind(context: PacketContext) -> str:
    peer = context.peer_previous
    if not context.segment.flags & ACK:
        return "rst" if context.asked is not None else "rst-other"
    refused = context.own_previous is None or bool(context.own_previous.flags & RST)
    if refused and peer is not None and peer.flags & (SYN | ACK) == SYN and context.segment.ack == peer.end:
        return "rst-refusal"
    return "rst-ack"


def _ack_kind(context: PacketContext) -> str:
    own = context.own_previous
    if own is None or not own.flags & ACK:
        return "ack-first"
    moved = newly_acknowledged(context)
    if moved < 0:
        return "ack-late"
    if acknowledges_fin(context):
        return "ack-fin"
    return "ack" if moved else "ack-same"


def plain_text(
    kind: str, context: PacketContext, facts: Mapping[str, Fact], said: Mapping[str, object], words: Words
) -> str:
    """The sentences on what the segment does, with those of its side effects that matter for its kind."""
    keys = [f"{kind}.text"]
    segment, peer = context.segment, context.peer_previous
    if kind == "syn-ack" and peer is not None and peer.flags & (SYN | ACK) == SYN:
        keys.append("syn-ack.delay")
    elif kind == "third" and facts["irtt_s"]:
        keys.append("third.rtt")
    elif kind == "data":
        if context.own_highest is None or ahead(segment.end, context.own_highest) > 0:
            keys.append("data.next")
        in_flight = facts["in_flight"]
        if isinstance(in_flight, int) and in_flight > segment.length and peer is not None:
            keys.append("data.flight")
    elif kind in _FINS:
        keys.append("fin.both" if context.peer_fin is not None else "fin.half")
    if kind in _WITH_DATA and facts["new_bytes"]:
        keys.append("data.acks")
    return words("narrative.space").join(words(f"narrative.packet.{key}", **said) for key in keys)
