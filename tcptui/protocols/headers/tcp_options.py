"""The options of a TCP header, each with Wireshark's lines.

RFC 9293 (3.2), 7323, 2018, 2883, 7413, 2385, 5925, 5482, 6994, 8684.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.seq import SEQ_MASK, seq_after
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.headers.field_line import dotted
from tcptui.protocols.headers.mptcp import read_mptcp
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_bytes import FrameBytes

#: The largest shift that window scaling allows (RFC 7323, 2.3).
LARGEST_SHIFT: Final = 14
_FAST_OPEN_MAGIC: Final = 0xF989
_PROBE_QUERY: Final = 10
"""Bytes of a Riverbed probe that asks."""
_PROBE_QUERY_INFO: Final = 6

#: Names of the option kinds in IANA's registry, in Wireshark's words.
KIND_NAMES: Final[dict[int, str]] = {
    0: "End of Option List",
    1: "No-Operation",
    2: "Maximum Segment Size",
    3: "Window Scale",
    4: "SACK Permitted",
    5: "SACK",
    6: "Echo",
    7: "Echo Reply",
    8: "Time Stamp Option",
    9: "Partial Order Connection Permitted",
    10: "Partial Order Service Profile",
    11: "CC",
    12: "CC.NEW",
    13: "CC.ECHO",
    14: "TCP Alternate Checksum Request",
    15: "TCP Alternate Checksum Data",
    19: "MD5 Signature Option",
    20: "SCPS Capabilities",
    27: "Quick-Start Response",
    28: "User Timeout Option",
    29: "The TCP Authentication Option",
    30: "Multipath TCP",
    34: "TCP Fast Open Cookie",
    76: "Riverbed Probe",
    78: "Riverbed Transparency",
    172: "Accurate ECN Order 0",
    174: "Accurate ECN Order 1",
    253: "RFC3692-style Experiment 1",
    254: "RFC3692-style Experiment 2",
}

_EXPERIMENTS: Final[dict[int, str]] = {
    0x00AC: "TCP ACK Rate Request",
    0x0348: "Host ID",
    0x0A0D: "Autonomous System Compensation",
    0x0CA0: "Capability Option",
    0x0ED0: "Extended Data Offset",
    0x454E: "Encryption Negotiation",
    0x5323: "Service Number",
    0x75EC: "Timestamp Interval",
    0xACC0: "Accurate ECN - Order 0",
    0xACC1: "Accurate ECN - Order 1",
    0xACCE: "Accurate ECN",
    0xE2D4: "Shared Memory communications over RMDA protocol",
    _FAST_OPEN_MAGIC: "Fast Open",
    0xF990: "Low Latency",
}


class OptionContext(NamedTuple):
    """What the reader of an option must know about the segment."""

    flags: int
    ack: int
    peer_base: int | None
    """The number from which the peer's relative sequence numbers count; None: show raw numbers."""
    verdict: int
    protocols: list[str]
    """Of the frame, to which an option is added that is a protocol to Wireshark: MPTCP."""


class _Spot(NamedTuple):
    """The position of one option: the offset of its kind byte, its whole length, and the frame's bytes."""

    at: int
    length: int
    source: FrameBytes
    context: OptionContext

    def number(self, place: int, size: int) -> int:
        return self.source.number(self.at + place, size)

    def body(self, place: int = 2) -> bytes:
        return self.source.take(self.at + place, self.length - place)


class _Kind(NamedTuple):
    title: str
    """Its name in the line that lists the options."""
    field: str
    lengths: Callable[[int], bool]
    """Whether a length is valid for this kind."""
    read: Callable[[Branch, _Spot], None]


def add_options(layer: Branch, start: int, end: int, source: FrameBytes, context: OptionContext) -> None:
    """Append all options between ``start`` and ``end``, the end of the header by its own length.

    An invalid length ends the list, because the options behind it cannot be found.
    """
    group = layer.add(f"Options: ({end - start} bytes)", start, end - start, "tcp.options")
    at = start
    paddings = 0
    kinds = set()
    while at < end:
        kind = source.number(at, 1)
        kinds.add(kind)
        known = _KINDS.get(kind, _UNKNOWN)
        if kind in (_END, _NOTHING):
            group.label += f", {known.title}"
            if kind == _NOTHING:
                # As tshark counts: other options between do not matter, a word of 32 bits that begins so does.
                paddings = 0 if paddings and (at - start) % _WORD == 0 else paddings + 1
                if paddings == _SUSPICIOUS_PADDINGS:
                    text = f"{_SUSPICIOUS_PADDINGS} NOP in a row - a router may have removed some options"
                    group.expert(ExpertLevel.WARNING, "Protocol", text, "tcp.nop")
            node = group.add(f"TCP Option - {known.title}", at, 1, known.field)
            _kind_line(node, kind, at)
            at += 1
            continue
        length = _sized_option(group, known, kind, at, end, source, context)
        if length < 2:
            return
        at += length
    if context.flags & TcpFlag.SYN and _MSS not in kinds:
        note = "The SYN packet does not contain a MSS option"
        group.expert(ExpertLevel.NOTE, "Protocol", note, "tcp.options.mss.absent")


def _sized_option(
    group: Branch, known: _Kind, kind: int, at: int, end: int, source: FrameBytes, context: OptionContext
) -> int:
    """Append one option that has a length byte; returns that length, or 0 when the list cannot continue."""
    if at + 1 >= end:
        return _broken_option(group, known, at, 1, "length byte past end of options")
    length = source.number(at + 1, 1)
    unit = f"{length} byte{'' if length == 1 else 's'}"
    if length < 2:
        return _broken_option(group, known, at, end - at, f"with too-short option length = {unit}")
    if at + length > end:
        return _broken_option(
            group, known, at, end - at, f"option length = {unit} says option goes past end of options"
        )
    prefix = "TCP Option - "
    if kind == _MPTCP:
        prefix = ""
        context.protocols.append("mptcp")
    node = group.add(prefix + known.title, at, length, known.field)
    if kind == _MSS and not context.flags & TcpFlag.SYN:
        note = "The non-SYN packet does contain a MSS option"
        node.expert(ExpertLevel.WARNING, "Protocol", note, "tcp.options.mss.present")
    _kind_line(node, kind, at)
    node.add(f"Length: {length}", at + 1, 1, "tcp.option_len")
    if known.lengths(length):
        known.read(node, _Spot(at, length, source.within(at + length), context))
    else:
        node.expert(ExpertLevel.NOTE, "Sequence", "Invalid length for option", "tcp.option.len.invalid")
    group.label += f", {known.title}"
    return length


def _broken_option(group: Branch, kind: _Kind, at: int, length: int, why: str) -> int:
    text = f"{kind.title} ({why})"
    group.add(text, at, length).expert(ExpertLevel.NOTE, "Sequence", text, "tcp.option.len.invalid")
    return 0


def _kind_line(node: Branch, kind: int, at: int) -> None:
    node.add(f"Kind: {KIND_NAMES.get(kind, 'Unknown')} ({kind})", at, 1, "tcp.option_kind")


def _nothing(node: Branch, spot: _Spot) -> None:
    """Append nothing: the option has no more than kind and length."""


def _segment_size(node: Branch, spot: _Spot) -> None:
    size = spot.number(2, 2)
    node.label = f"TCP Option - Maximum segment size: {size} bytes"
    node.add(f"MSS Value: {size}", spot.at + 2, 2, "tcp.options.mss_val")


def _window_scale(node: Branch, spot: _Spot) -> None:
    shift = spot.number(2, 1)
    used = min(shift, LARGEST_SHIFT)
    node.label = f"TCP Option - Window scale: {used} (multiply by {1 << used})"
    line = node.add(f"Shift count: {shift}", spot.at + 2, 1, "tcp.options.wscale.shift")
    if shift > LARGEST_SHIFT:
        note = f"Window scale shift exceeds {LARGEST_SHIFT}"
        line.expert(ExpertLevel.WARNING, "Protocol", note, "tcp.options.wscale.shift.invalid")
    node.concluded(f"Multiplier: {1 << used}", "tcp.options.wscale.multiplier")


def _sack(node: Branch, spot: _Spot) -> None:
    base = spot.context.peer_base
    blocks = [(spot.number(place, 4), spot.number(place + 4, 4)) for place in range(2, spot.length - 7, 8)]
    node.label = "TCP Option - SACK"
    suffix = "" if base is None else " (relative)"
    shown = [(_relative(left, base), _relative(right, base)) for left, right in blocks]
    for index, (left, right) in enumerate(shown):
        at = spot.at + 2 + 8 * index
        node.add(f"left edge = {left}{suffix}", at, 4, "tcp.options.sack_le")
        node.add(f"right edge = {right}{suffix}", at + 4, 4, "tcp.options.sack_re")
        node.label += f" {left}-{right}"
    node.concluded(f"TCP SACK Count: {len(blocks)}", "tcp.options.sack.count")
    if _first_block_is_duplicate(blocks, spot.context.ack):
        left, right = shown[0]
        node.concluded(f"D-SACK Left Edge = {left}{suffix}", "tcp.options.sack.dsack_le")
        node.concluded(f"D-SACK Right Edge = {right}{suffix}", "tcp.options.sack.dsack_re")
        line = node.add("D-SACK Sequence", spot.at + 2, 8)
        line.expert(ExpertLevel.WARNING, "Sequence", "D-SACK Sequence", "tcp.options.sack.dsack")


def _first_block_is_duplicate(blocks: list[tuple[int, int]], ack: int) -> bool:
    """Whether the first block is a D-SACK (RFC 2883, 4): at or below the ACK number, or inside the second block."""
    if not blocks:
        return False
    left, right = blocks[0]
    if not seq_after(right, ack):
        return True
    if len(blocks) < 2:
        return False
    outer_left, outer_right = blocks[1]
    return not seq_after(outer_left, left) and not seq_after(right, outer_right)


def _relative(number: int, base: int | None) -> int:
    return number if base is None else (number - base) & SEQ_MASK


def _timestamps(node: Branch, spot: _Spot) -> None:
    value = spot.number(2, 4)
    node.add(f"Timestamp value: {value}", spot.at + 2, 4, "tcp.options.timestamp.tsval")
    echo = spot.number(6, 4)
    node.label = f"TCP Option - Timestamps: TSval {value}, TSecr {echo}"
    node.add(f"Timestamp echo reply: {echo}", spot.at + 6, 4, "tcp.options.timestamp.tsecr")


def _echo(node: Branch, spot: _Spot) -> None:
    value = spot.number(2, 4)
    node.label += f": {value}"
    node.add(f"TCP Echo Option: {value}", spot.at + 2, 4, "tcp.options.echo_value")


def _connection_count(node: Branch, spot: _Spot) -> None:
    value = spot.number(2, 4)
    node.label += f": {value}"
    node.add(f"TCP CC Option: {value}", spot.at + 2, 4, "tcp.options.cc_value")


def _md5(node: Branch, spot: _Spot) -> None:
    node.add(f"MD5 digest: {spot.body().hex()}", spot.at + 2, spot.length - 2, "tcp.options.md5.digest")


def _authentication(node: Branch, spot: _Spot) -> None:
    node.add(f"AO KeyID: {spot.number(2, 1)}", spot.at + 2, 1, "tcp.options.ao.keyid")
    node.add(f"AO RNextKeyID: {spot.number(3, 1)}", spot.at + 3, 1, "tcp.options.ao.rnextkeyid")
    node.add(f"AO MAC: {spot.body(4).hex()}", spot.at + 4, spot.length - 4, "tcp.options.ao.mac")


def _user_timeout(node: Branch, spot: _Spot) -> None:
    word = spot.number(2, 2)
    unit = "minutes" if word & 0x8000 else "seconds"
    node.label += f": {word & 0x7FFF} {unit}"
    node.add(f"Granularity: {unit.capitalize()}", spot.at + 2, 2, "tcp.options.user_to_granularity")
    node.add(f"User Timeout: {word & 0x7FFF}", spot.at + 2, 2, "tcp.options.user_to_val")


def _cookie(node: Branch, spot: _Spot, place: int) -> None:
    cookie = spot.body(place)
    at = spot.at + place
    if cookie:
        line = node.add(f"Fast Open Cookie: {cookie.hex()}", at, len(cookie), "tcp.options.tfo.cookie")
        if spot.context.verdict & Verdict.TFO_SYN:
            line.expert(ExpertLevel.NOTE, "Sequence", "TCP SYN with TFO Cookie", "tcp.analysis.tfo_syn")
    else:
        node.add("Fast Open Cookie Request", at, 0, "tcp.options.tfo.request")


def _fast_open(node: Branch, spot: _Spot) -> None:
    _cookie(node, spot, 2)


def _experimental(node: Branch, spot: _Spot) -> None:
    if spot.length < 4:
        return
    identifier = spot.number(2, 2)
    name = _EXPERIMENTS.get(identifier, "Unknown")
    node.label += f": {name}"
    node.add(f"Experiment Identifier: {name} (0x{identifier:04x})", spot.at + 2, 2, "tcp.options.experimental.exid")
    if identifier == _FAST_OPEN_MAGIC:
        _cookie(node, spot, 4)
    elif spot.length > 4:
        data = spot.body(4)
        node.add(f"Data: {data.hex()}", spot.at + 4, len(data), "tcp.options.experimental.data")


def _multipath(node: Branch, spot: _Spot) -> None:
    read_mptcp(node, spot.at, spot.length, spot.source)


def _riverbed_probe(node: Branch, spot: _Spot) -> None:
    """Append what optimizers of Riverbed tell each other; Wireshark knows its versions 1 and 2."""
    word = spot.number(2, 1)
    name, at = "tcp.options.rvbd.probe", spot.at + 2
    if word & 1:
        node.add(bits_label(word, 0xF0, 8, f"Type: {word >> 4}"), at, 1, f"{name}.type1")
        node.add(bits_label(word, 0x0F, 8, f"Version: {word & 0x0F}"), at, 1, f"{name}.version")
        if word >> 4 == 0 and spot.length == _PROBE_QUERY:
            node.add(f"Reserved: 0x{spot.number(3, 1):02x}", at + 1, 1, f"{name}.reserved")
            node.add(f"CSH IP: {dotted(spot.body(4)[:4])}", at + 2, 4, f"{name}.prober")
            node.add(f"Application Version: {spot.number(8, 2)}", at + 6, 2, f"{name}.appli_ver")
        return
    node.add(bits_label(word, 0xFE, 8, f"Type: {word >> 1}"), at, 1, f"{name}.type2")
    # As Wireshark has it, the bit 0 stands for version 2.
    node.add(bits_label(word, 0x01, 8, "Version: 2"), at, 1, f"{name}.version_raw")
    if word >> 1 == _PROBE_QUERY_INFO and spot.length > 3:
        flags = spot.number(3, 1)
        line = node.add(f"Probe Flags: 0x{flags:02x}", at + 1, 1, f"{name}.flags")
        for mask, title, field in ((0x04, "Not CFE", "notcfe"), (0x01, "Last Notify", "last")):
            text = f"{title}: {'Set' if flags & mask else 'Not set'}"
            line.add(bits_label(flags, mask, 8, text), at + 1, 1, f"{name}.flags.{field}")


def _unknown(node: Branch, spot: _Spot) -> None:
    body = spot.body()
    if body:
        node.add(f"Payload: {body.hex()}", spot.at + 2, len(body), "tcp.options.unknown.payload")


def _exactly(size: int) -> Callable[[int], bool]:
    return lambda length: length == size


def _at_least(size: int) -> Callable[[int], bool]:
    return lambda length: length >= size


_END: Final = 0
_NOTHING: Final = 1
_MSS: Final = 2
_MPTCP: Final = 30
#: This many NOPs are more than padding to the next word needs.
_SUSPICIOUS_PADDINGS: Final = 4
_WORD: Final = 4
_UNKNOWN: Final = _Kind("Unknown", "tcp.options.unknown", _at_least(2), _unknown)
_KINDS: Final[dict[int, _Kind]] = {
    _END: _Kind("End of Option List (EOL)", "tcp.options.eol", _exactly(1), _nothing),
    _NOTHING: _Kind("No-Operation (NOP)", "tcp.options.nop", _exactly(1), _nothing),
    _MSS: _Kind("Maximum segment size", "tcp.options.mss", _exactly(4), _segment_size),
    3: _Kind("Window scale", "tcp.options.wscale", _exactly(3), _window_scale),
    4: _Kind("SACK permitted", "tcp.options.sack_perm", _exactly(2), _nothing),
    5: _Kind("SACK", "tcp.options.sack", lambda length: length > 2 and length % 8 == 2, _sack),
    6: _Kind("Echo", "tcp.options.echo", _exactly(6), _echo),
    7: _Kind("Echo reply", "tcp.options.echoreply", _exactly(6), _echo),
    8: _Kind("Timestamps", "tcp.options.timestamp", _exactly(10), _timestamps),
    11: _Kind("CC", "tcp.options.cc", _exactly(6), _connection_count),
    12: _Kind("CC.NEW", "tcp.options.ccnew", _exactly(6), _connection_count),
    13: _Kind("CC.ECHO", "tcp.options.ccecho", _exactly(6), _connection_count),
    19: _Kind("TCP MD5 signature", "tcp.options.md5", _exactly(18), _md5),
    20: _Kind("SCPS capabilities", "tcp.options.scps", _at_least(2), _unknown),
    28: _Kind("User Timeout", "tcp.options.user_to", _exactly(4), _user_timeout),
    29: _Kind("TCP AO", "tcp.options.ao", _at_least(4), _authentication),
    _MPTCP: _Kind("MPTCP", "mptcp", _at_least(3), _multipath),
    34: _Kind("TCP Fast Open", "tcp.options.tfo", _at_least(2), _fast_open),
    76: _Kind("Riverbed Probe", "tcp.options.rvbd.probe", _at_least(3), _riverbed_probe),
    78: _Kind("Riverbed Transparency", "tcp.options.rvbd.trpy", _at_least(2), _unknown),
    253: _Kind("Experimental", "tcp.options.experimental", _at_least(2), _experimental),
    254: _Kind("Experimental", "tcp.options.experimental", _at_least(2), _experimental),
}
