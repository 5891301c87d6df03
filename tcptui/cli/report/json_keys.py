"""The keys of the JSON output, in order, each with the fields of the registry that its value comes from.

A key without fields is not a packet property that a filter could test.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tcptui.analysis.timing.budget_parts import Part
from tcptui.model.fields import FIELDS
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Key:
    """One key, and the fields that its value is, or summarises over several packets (count, sum, spread)."""

    path: str
    """The keys from the outermost object inwards, separated by dots: ``client.port``."""
    fields: tuple[str, ...] = ()
    form: str = "%s"
    """The %-format of its value in a template."""


_VERDICTS: Final = tuple(f"tcp.analysis.{verdict.field_name}" for verdict in Verdict)
_VERDICT_KEYS: Final = (
    Key("type"),
    Key("frame", ("frame.number",)),
    Key("stream", ("tcp.stream",)),
    Key("sport", ("tcp.srcport",)),
    Key("dport", ("tcp.dstport",)),
    Key("src", ("ip.src", "ipv6.src")),
    Key("dst", ("ip.dst", "ipv6.dst")),
    Key("side"),
    Key("seq", ("tcp.seq",)),
    Key("seq_raw", ("tcp.seq_raw",)),
    Key("ack", ("tcp.ack",)),
    Key("ack_raw", ("tcp.ack_raw",)),
    Key("nxtseq", ("tcp.nxtseq",)),
    Key("len", ("tcp.len",)),
    Key("hdr_len", ("tcp.hdr_len",)),
    Key("completeness", ("tcp.completeness",)),
    Key("flags", ("tcp.flags",)),
    Key("win", ("tcp.window_size",)),
    Key("win_raw", ("tcp.window_size_value",)),
    Key("win_scale", ("tcp.window_size_scalefactor",)),
    Key("dup_ack_num", ("tcp.analysis.duplicate_ack_num",)),
    Key("dup_ack_frame", ("tcp.analysis.duplicate_ack_frame",)),
    Key("rto", ("tcp.analysis.rto",)),
    Key("rto_frame", ("tcp.analysis.rto_frame",)),
    Key("irtt", ("tcp.analysis.initial_rtt",)),
    Key("ack_rtt", ("tcp.analysis.ack_rtt",)),
    Key("acks_frame", ("tcp.analysis.acks_frame",)),
    Key("bytes_in_flight", ("tcp.analysis.bytes_in_flight",)),
    Key("push_bytes_sent", ("tcp.analysis.push_bytes_sent",)),
    Key("verdicts", _VERDICTS),
    Key("time_relative", ("tcp.time_relative",)),
    Key("time_delta", ("tcp.time_delta",)),
    Key("client_state", ("tcptui.client.state",)),
    Key("client_sure", ("tcptui.client.state_known",)),
    Key("server_state", ("tcptui.server.state",)),
    Key("server_sure", ("tcptui.server.state_known",)),
    Key("cause", ("tcptui.cause",)),
    Key("findings", ("tcptui.finding",)),
)
#: The keys of a line of ``verdicts --jsonl``, by name.
VERDICT_KEYS: Final[Mapping[str, Key]] = MappingProxyType({key.path: key for key in _VERDICT_KEYS})


def _part(part: Part) -> Key:
    field = f"tcptui.{part.label}"
    return Key(f"time_budget.{part.label}", (field,) if field in FIELDS else ())


#: The keys of one connection of ``report --json`` (schema 1); those of its findings are in `json_findings`.
CONNECTION_KEYS: Final = (
    Key("stream", ("tcptui.stream",), "%d"),
    Key("client.address", ("tcptui.client",), '"%s"'),
    Key("client.port", form="%d"),
    Key("server.address", ("tcptui.server",), '"%s"'),
    Key("server.port", form="%d"),
    Key("packets", ("tcptui.packets",), "%d"),
    Key("bytes", ("tcptui.bytes",), "%d"),
    Key("start"),
    Key("duration", ("tcptui.duration",)),
    Key("client_state", ("tcptui.client.state",)),
    Key("server_state", ("tcptui.server.state",)),
    Key("closed_by", ("tcptui.closed_by",)),
    Key("idle_before_close", ("tcptui.idle_before_close",)),
    Key("measures.irtt", ("tcp.analysis.initial_rtt",)),
    Key("measures.ack_rtt", ("tcp.analysis.ack_rtt",)),
    Key("measures.client.packets", form="%d"),
    Key("measures.client.payload_bytes", ("tcp.len",), "%d"),
    Key("measures.client.state_known", ("tcptui.client.state_known",)),
    Key("measures.server.packets", form="%d"),
    Key("measures.server.payload_bytes", ("tcp.len",), "%d"),
    Key("measures.server.state_known", ("tcptui.server.state_known",)),
    Key("measures.retransmissions", ("tcp.analysis.retransmission",), "%d"),
    Key("measures.out_of_order", ("tcp.analysis.out_of_order",), "%d"),
    Key("measures.duplicate_acks", ("tcp.analysis.duplicate_ack",), "%d"),
    Key("measures.zero_windows", ("tcp.analysis.zero_window",), "%d"),
    Key("measures.not_captured", ("tcp.analysis.lost_segment", "tcp.analysis.ack_lost_segment"), "%d"),
    *(_part(part) for part in Part),
    Key("seconds_lost"),
    Key("findings", ("tcptui.finding", "tcptui.severity", "tcptui.confidence"), "[%s]"),
)


def verdict_key(name: str) -> str:
    """``"name":`` for a line of verdicts.  Raises KeyError for an unknown key."""
    return f'"{VERDICT_KEYS[name].path}":'


def verdict_numbers(*names: str) -> str:
    """A %-template of integers under these keys.  Raises as `verdict_key`."""
    return ",".join(f"{verdict_key(name)}%d" for name in names)


def object_template(keys: Sequence[Key]) -> str:
    """A %-template of a JSON object with ``keys`` in order; those of an inner object are grouped."""
    return f"{{{_members(keys, 0)}}}"


def _members(keys: Sequence[Key], depth: int) -> str:
    groups: dict[str, list[Key]] = {}
    for key in keys:
        groups.setdefault(key.path.split(".")[depth], []).append(key)
    return ", ".join(f'"{name}": {_value(group, depth)}' for name, group in groups.items())


def _value(group: Sequence[Key], depth: int) -> str:
    if group[0].path.count(".") == depth:
        return group[0].form
    return f"{{{_members(group, depth + 1)}}}"
