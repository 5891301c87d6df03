"""Fields that no other program has: what is concluded about connections, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.field import Column, Field, FieldType, Owner, Reader, Unit, in_stream, segments
from tcptui.model.resend_cause import ResendCause

if TYPE_CHECKING:
    from tcptui.model.field import Mask, Where
    from tcptui.model.packet_store import PacketStore


def _resent(store: PacketStore, rows: Where) -> Mask:
    mask: Mask = segments(store, rows) & (store.cause[rows] != ResendCause.NOT_RESENT)
    return mask


def _own(
    name: str, kind: FieldType, doc: str, source: Column | Reader, unit: Unit = Unit.NONE, *, repeats: bool = False
) -> Field:
    return Field(f"tcptui.{name}", kind, doc, source, unit, repeats, owner=Owner.TCPTUI)


def _seconds(name: str, doc: str) -> Field:
    return _own(name, FieldType.RELATIVE_TIME, doc, Reader.BUDGET, Unit.SECONDS)


OWN_FIELDS: Final = (
    _own("stream", FieldType.UINT32, "Number of the connection, as `tcp.stream`.",
         Column("stream", in_stream)),
    _own("community_id", FieldType.STRING, "Name of the connection in Zeek, Suricata and others (Community ID 1).",
         Reader.STREAM),
    _own("client", FieldType.ADDRESS, "Address of the end that opened the connection.", Reader.STREAM),
    _own("server", FieldType.ADDRESS, "Address of the other end.", Reader.STREAM),
    _own("client.port", FieldType.UINT16, "Port of the end that opened the connection.", Reader.STREAM),
    _own("server.port", FieldType.UINT16, "Port of the other end.", Reader.STREAM),
    _own("client.state", FieldType.STRING, "State of the client after the segment (RFC 9293).", Reader.STREAM),
    _own("server.state", FieldType.STRING, "State of the server after the segment (RFC 9293).", Reader.STREAM),
    _own("client.state_known", FieldType.BOOLEAN, "The client's state is proved, not assumed.", Reader.STREAM),
    _own("server.state_known", FieldType.BOOLEAN, "The server's state is proved, not assumed.", Reader.STREAM),
    _own("packets", FieldType.UINT32, "Segments of the connection.", Reader.STREAM, Unit.PACKETS),
    _own("bytes", FieldType.UINT64, "Bytes on the wire of the connection's segments.", Reader.STREAM, Unit.BYTES),
    _own("duration", FieldType.RELATIVE_TIME, "Time from the connection's first frame to its last.", Reader.STREAM,
         Unit.SECONDS),
    _own("rtt", FieldType.RELATIVE_TIME, "Round-trip time: of the connection's handshake, else the shortest known.",
         Reader.STREAM, Unit.SECONDS),
    _own("closed_by", FieldType.STRING, "End that sent the connection's first FIN or RST: client or server.",
         Reader.STREAM),
    _own("idle_before_close", FieldType.RELATIVE_TIME,
         "Time without messages before that FIN or RST; a TLS alert is none, nor what its sender had not received.",
         Reader.STREAM, Unit.SECONDS),
    _own("cause", FieldType.STRING, "Why the segment was retransmitted.",
         Column("cause", _resent, labels=tuple(cause.label for cause in ResendCause))),
    _own("finding", FieldType.STRING, "A finding that the packet is evidence of.", Reader.FINDINGS, repeats=True),
    _own("severity", FieldType.STRING, "How much such a finding should worry.", Reader.FINDINGS, repeats=True),
    _own("confidence", FieldType.STRING, "How sure such a finding is.", Reader.FINDINGS, repeats=True),
    _seconds("network", "Time of the connection that packets were under way."),
    _seconds("server_think", "Time that the server took to respond on this connection."),
    _seconds("client_think", "Time of the connection that the client took to ask."),
    _seconds("recovery", "Time of the connection that loss cost."),
    _seconds("idle", "Time of the connection in which no request was open."),
    _own("limit", FieldType.STRING,
         "What limited the connection's data longest: application, window, slow-start …; only where it can be seen.",
         Reader.BUDGET),
    _own("limited_by", FieldType.STRING, "Who that was: application, receiver or network.", Reader.BUDGET),
    _own("congestion_control", FieldType.STRING,
         "Congestion control that sent this data: reno, cubic or bbr; only where the packets show it.", Reader.BUDGET),
    _own("request.operation", FieldType.STRING, "What a request asks for; in packets of the request and its response.",
         Reader.REQUESTS, repeats=True),
    _own("request.status", FieldType.STRING, "Status of a request's response; in the same packets.", Reader.REQUESTS,
         repeats=True),
    _own("request.duration", FieldType.RELATIVE_TIME,
         "Duration of a request with a response, as `tcptui requests` has it; in the same packets.", Reader.REQUESTS,
         Unit.SECONDS, repeats=True),
    *(
        _own(name, kind, f"{what} of the connection, at either end; only where it is known.", Reader.OWNERS,
             repeats=True)
        for name, kind, what in (
            ("process", FieldType.STRING, "Name of the process"),
            ("pid", FieldType.UINT32, "Number of the process"),
            ("user", FieldType.STRING, "User of the process"),
            ("unit", FieldType.STRING, "Systemd unit of the process"),
            ("container", FieldType.STRING, "Container of the process, by the 12 first digits of its id or by name"),
            ("pod", FieldType.STRING, "Pod of the process, as namespace/name"),
        )
    ),
    _own("marked", FieldType.BOOLEAN, "The packet, or its connection, is marked; absent otherwise.", Reader.NOTES),
    _own("note", FieldType.STRING, "A note on the packet or its connection.", Reader.NOTES, repeats=True),
    _own("kernel.event", FieldType.STRING,
         "What this host's kernel did about the packet: retransmit, reset-sent, drop …; of captures with --kernel.",
         Reader.KERNEL, repeats=True),
    _own("kernel.cause", FieldType.STRING,
         "The kernel's cause of the retransmission; to be compared with `tcptui.cause`.", Reader.KERNEL,
         repeats=True),
    _own("kernel.reason", FieldType.STRING,
         "The kernel's own name of why it reset the connection, or threw the packet away.", Reader.KERNEL,
         repeats=True),
)  # fmt: skip
