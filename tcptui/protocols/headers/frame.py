"""The frame layer: times, lengths, and the protocols inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.headers.builder import Branch
from tcptui.protocols.headers.coloring_rules import ColoringFacts, coloring_rule
from tcptui.protocols.headers.field_line import NS_PER_SECOND, seconds_text
from tcptui.protocols.headers.field_names import ENCAPSULATIONS
from tcptui.protocols.headers.node import ExpertLevel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.cursor import TreeOptions

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DIRECTIONS: Final = ("Unknown", "Inbound", "Outbound", "Unknown")
_RECEPTIONS: Final[dict[int, str]] = {
    0: "Not specified", 1: "Unicast", 2: "Multicast", 3: "Broadcast", 4: "Promiscuous",
}  # fmt: skip
#: What an interface finds wrong, from bit 24 on.
_ERRORS: Final = (
    ("CRC error", "crc_error"), ("Packet too long error", "packet_too_error"),
    ("Packet too short error", "packet_too_short_error"), ("Wrong interframe gap error", "wrong_inter_frame_gap_error"),
    ("Unaligned frame error", "unaligned_frame_error"),
    ("Start frame delimiter error", "start_frame_delimiter_error"), ("Preamble error", "preamble_error"),
    ("Symbol error", "symbol_error"),
)  # fmt: skip
#: Seconds since 1970 that a date is written of: up to the year 2262, where nanoseconds no longer fit into 64 bits.
_LAST_DATE: Final = (1 << 63) // NS_PER_SECOND


def date_text(time_ns: int, zone: tzinfo | None) -> str:
    """Date and time: ``"Sep 18, 2024 15:01:32.461594000 CST"``; ``zone`` None: the system's time zone."""
    seconds, rest = divmod(time_ns, NS_PER_SECOND)
    moment = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    clock = moment.strftime("%H:%M:%S")
    return f"{_MONTHS[moment.month - 1]} {moment.day:2d}, {moment.year} {clock}.{rest:09d} {moment.tzname()}"


def unix_date_text(seconds: int) -> str:
    """Date and time in UTC of ``seconds`` since 1970, as `date_text` writes them, if nanoseconds fit into 64 bits."""
    if seconds >= _LAST_DATE:
        return "Not representable"
    return date_text(seconds * NS_PER_SECOND, UTC)


def comment_layer(comments: Sequence[str]) -> Branch:
    """The layer with the packet's comments, which Wireshark puts above the frame layer."""
    layer = Branch("Packet comments", field="pkt_comment")
    for comment in comments:
        line = layer.add(comment, field="frame.comment")
        line.whole = partial(comment.encode, "utf-8", "surrogateescape")
        line.expert(ExpertLevel.COMMENT, "Comment", comment, "frame.comment.expert")
    return layer


def _size(count: int) -> str:
    return f"{count} byte{'' if count == 1 else 's'} ({8 * count} bits)"


def _flag_lines(layer: Branch, flags: int) -> None:
    line = layer.add(f"Packet flags: 0x{flags:08x}", field="frame.packet_flags")
    direction = flags & 3
    text = bits_label(flags, 3, 32, f"Direction: {_DIRECTIONS[direction]} (0x{direction:x})")
    line.add(text, field="frame.packet_flags_direction")
    kind = flags >> 2 & 7
    text = f"Reception type: {_RECEPTIONS.get(kind, 'Unknown')} ({kind})"
    line.add(bits_label(flags, 0x1C, 32, text), field="frame.packet_flags_reception_type")
    text = f"FCS length: {flags >> 5 & 15}"
    line.add(bits_label(flags, 0x1E0, 32, text), field="frame.packet_flags_fcs_length")
    rest = flags >> 9 & 0x7F
    line.add(bits_label(flags, 0xFE00, 32, f"Reserved: {rest}"), field="frame.packet_flags_reserved")
    for bit, (title, name) in enumerate(_ERRORS, 24):
        state = "Set" if flags >> bit & 1 else "Not set"
        line.add(bits_label(flags, 1 << bit, 32, f"{title}: {state}"), field=f"frame.packet_flags_{name}")
    if direction in (1, 2):
        word, number = ("Received", 1) if direction == 1 else ("Sent", 0)
        layer.concluded(f"Point-to-Point Direction: {word} ({number})", "frame.p2p_dir")


_DATES: Final = frozenset({"frame.time", "frame.time_utc"})
_RULE: Final = frozenset({"frame.coloring_rule.name", "frame.coloring_rule.string"})


def frame_layer(view: PacketView, options: TreeOptions, protocols: list[str], facts: ColoringFacts) -> Branch:
    """The topmost layer; it covers every captured byte."""
    captured = len(view.data)
    on_interface = f" on interface {view.interface}" if view.interface else ""
    wire = _size(view.wire_length).replace(" (", " on wire (")
    kept = _size(captured).replace(" (", " captured (")
    layer = Branch(f"Frame {view.frame}: {wire}, {kept}{on_interface}", 0, captured, "frame")
    if "frame" in options.bare:
        return layer
    if view.interface:
        layer.add(f"Interface name: {view.interface}", field="frame.interface_name")
    if view.flags is not None:
        _flag_lines(layer, view.flags)
    name, number = ENCAPSULATIONS.get(view.link_type, (f"LINKTYPE {view.link_type}", -1))
    numbered = f" ({number})" if number >= 0 else ""
    layer.add(f"Encapsulation type: {name}{numbered}", field="frame.encap_type")
    asked = options.asked
    if asked is None or not _DATES.isdisjoint(asked):  # a date takes as long as ten other lines
        layer.add(f"Arrival Time: {date_text(view.time_ns, options.zone)}", field="frame.time")
        layer.add(f"UTC Arrival Time: {date_text(view.time_ns, UTC)}", field="frame.time_utc")
    layer.add(f"Epoch Arrival Time: {seconds_text(view.time_ns)}", field="frame.time_epoch")
    layer.concluded("Time shift for this packet: 0.000000000 seconds", "frame.offset_shift")
    since_previous = seconds_text(view.time_ns - view.previous_ns)
    layer.concluded(f"Time delta from previous captured frame: {since_previous} seconds", "frame.time_delta")
    layer.concluded(f"Time delta from previous displayed frame: {since_previous} seconds", "frame.time_delta_displayed")
    since_first = seconds_text(view.time_ns - view.first_ns)
    layer.concluded(f"Time since reference or first frame: {since_first} seconds", "frame.time_relative")
    layer.add(f"Frame Number: {view.frame}", field="frame.number")
    layer.add(f"Frame Length: {_size(view.wire_length)}", field="frame.len")
    layer.add(f"Capture Length: {_size(captured)}", field="frame.cap_len")
    layer.concluded("Frame is marked: False", "frame.marked")
    layer.concluded("Frame is ignored: False", "frame.ignored")
    layer.concluded(f"Protocols in frame: {':'.join(protocols)}", "frame.protocols")
    if asked is None or not _RULE.isdisjoint(asked):
        rule = coloring_rule(facts)
        if rule is not None:
            layer.concluded(f"Coloring Rule Name: {rule.name}", "frame.coloring_rule.name")
            layer.concluded(f"Coloring Rule String: {rule.expression}", "frame.coloring_rule.string")
    return layer
