"""The tables of a scan, each column once: the files are written by these rows, and the manual is made from them."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

from tcptui.analysis.timing.budget_parts import Part
from tcptui.model.request import RequestPart

#: Incremented when a column is removed or changes its meaning, not for new ones.
SCHEMA_VERSION: Final = 1


class Kind(Enum):
    """A type of a column's values."""

    TEXT = auto()
    NAME = auto()
    """One of few texts: written as a dictionary."""
    ADDRESS = auto()
    """16 bytes; IPv4 as ``::ffff:a.b.c.d`` (RFC 4291, 2.5.5.2)."""
    WHOLE = auto()
    """A signed number of 64 bits."""
    YES = auto()
    TIME = auto()
    """UTC, in nanoseconds."""
    WHOLES = auto()
    TEXTS = auto()
    TIMES = auto()


class Column(NamedTuple):
    """A column of a table; it may be null where its meaning says so."""

    name: str
    kind: Kind
    unit: str
    """Unit of numbers: ``ns``, ``bytes``, ``packets`` …; empty where there is none."""
    en: str
    zh: str


class Table(Enum):
    """A table, by the name of its folder."""

    CAPTURES = "captures"
    CONNECTIONS = "connections"
    FINDINGS = "findings"
    REQUESTS = "requests"
    HOSTS_MINUTES = "hosts_minutes"
    PACKETS = "packets"


#: The column of which the folders ``day=YYYY-MM-DD`` are made; no file has it.
DAY: Final = "day"
DAY_NS: Final = 86_400_000_000_000
_T, _N, _W, _B = Kind.TEXT, Kind.NAME, Kind.WHOLE, Kind.YES
_CAPTURE: Final = Column(
    "capture_id",
    _T,
    "",
    "SHA-256 of the file; of a ring, of the digests of its files",
    "文件的 SHA-256；环形抓包为各文件摘要的 SHA-256",
)
_STREAM: Final = Column("stream", _W, "", "number of the connection, as in tcp.stream", "连接编号，同 tcp.stream")


def _end(side: str, en: str, zh: str) -> tuple[Column, ...]:
    return (
        Column(f"{side}_address", _N, "", f"address of the {en}", f"{zh}地址"),
        Column(
            f"{side}_ip",
            Kind.ADDRESS,
            "",
            "the same in 16 bytes, IPv4 as ::ffff:0:0/96",
            "同上，16 字节，IPv4 写作 ::ffff:0:0/96",
        ),
        Column(f"{side}_port", _W, "", f"port of the {en}", f"{zh}端口"),
    )


def _sent(side: str, en: str, zh: str) -> tuple[Column, ...]:
    return (
        Column(f"{side}_packets", _W, "packets", f"segments of the {en}", f"{zh}发出的段数"),
        Column(
            f"{side}_bytes", _W, "bytes", f"payload of the {en}, retransmissions included", f"{zh}发出的载荷，包括重传"
        ),
        Column(f"{side}_state", _N, "", f"state of the {en} at the end", f"{zh}最后的状态"),
        Column(f"{side}_state_known", _B, "", "whether packets prove that state", "该状态是否有数据包证明"),
    )


_ENDS: Final = (*_end("client", "client", "客户端"), *_end("server", "server", "服务器"))
_CAPTURES: Final = (
    Column("schema_version", _W, "", "version of these tables", "表结构版本"),
    Column("engine_version", _N, "", "version of tcptui that judged the capture", "分析该抓包的 tcptui 版本"),
    Column("status", _N, "", "read, damaged (read up to the damage), duplicate (same bytes as another capture), failed", "read 已读；damaged 读到损坏处；duplicate 与另一抓包内容相同；failed 失败"),
    _CAPTURE._replace(en=_CAPTURE.en + "; null if failed or duplicate", zh=_CAPTURE.zh + "；失败或重复时为空"),
    Column("same_as", _T, "", "capture_id of the same bytes, if duplicate", "重复时：内容相同的 capture_id"),
    Column("error", _N, "", "key of what went wrong, else null", "出错原因的键，否则为空"),
    Column("error_text", _T, "", "the same as a sentence, in the language of the scan", "同上，用扫描时的语言写成的一句话"),
    Column("path", _T, "", "absolute path of the first file", "第一个文件的绝对路径"),
    Column("files", Kind.TEXTS, "", "absolute paths of all files, by time", "所有文件的绝对路径，按时间排列"),
    Column("files_bytes", Kind.WHOLES, "bytes", "size of each file", "每个文件的大小"),
    Column("files_changed", Kind.TIMES, "", "modification time of each file when it was opened", "每个文件打开时的修改时间"),
    Column("grew", _B, "", "a file changed while it was read: --resume reads it again", "读取期间文件有变化：--resume 会重新读取"),
    Column("start", Kind.TIME, "", "time of the earliest packet, null without any", "最早数据包的时间，没有则为空"),
    Column("end", Kind.TIME, "", "time of the latest packet", "最晚数据包的时间"),
    Column("packets", _W, "packets", "packets of all protocols", "所有协议的数据包数"),
    Column("tcp_packets", _W, "packets", "packets of TCP", "TCP 数据包数"),
    Column("bytes", _W, "bytes", "bytes on the wire of all packets", "所有数据包在线路上的字节数"),
    Column("connections", _W, "", "TCP connections", "TCP 连接数"),
    Column("findings", _W, "", "findings, notes included", "结论数，包括提示"),
    Column("requests", _W, "", "requests", "请求数"),
    Column("position", _N, "", "where it was captured: client, server, between, unknown", "抓包位置：client、server、between、unknown"),
    Column("kernel_dropped", _W, "packets", "packets that the kernel dropped, as the file has it", "文件所记内核丢弃的数据包数"),
    Column("truncated", _W, "packets", "packets cut by a snaplen", "被 snaplen 截断的数据包数"),
)  # fmt: skip
_CONNECTIONS: Final = (
    _CAPTURE, _STREAM,
    Column("community_id", _T, "", "Community ID, version 1", "Community ID，版本 1"),
    *_ENDS,
    Column("start", Kind.TIME, "", "time of its first packet", "第一个数据包的时间"),
    Column("duration_ns", _W, "ns", "to its last packet", "到最后一个数据包的时长"),
    Column("packets", _W, "packets", "segments", "段数"),
    Column("bytes", _W, "bytes", "on the wire, link headers included", "线路上的字节数，包括链路层首部"),
    *_sent("client", "client", "客户端"), *_sent("server", "server", "服务器"),
    Column("closed_by", _N, "", "client or server: who sent the first FIN or RST; null: neither did", "client 或 server：谁先发 FIN 或 RST；没有则为空"),
    Column("idle_before_close_ns", _W, "ns", "how long no message had come by then", "此前多久没有消息"),
    Column("handshake_ns", _W, "ns", "initial RTT; null: the handshake was not captured", "初始 RTT；没有抓到握手则为空"),
    Column("rtt_min_ns", _W, "ns", "least ACK round trip; null without any", "最小 ACK 往返时间；没有则为空"),
    Column("rtt_median_ns", _W, "ns", "median of the ACK round trips", "ACK 往返时间的中位数"),
    Column("rtt_max_ns", _W, "ns", "longest ACK round trip", "最大 ACK 往返时间"),
    Column("retransmissions", _W, "packets", "retransmitted segments", "重传的段数"),
    Column("out_of_order", _W, "packets", "segments out of order", "乱序的段数"),
    Column("duplicate_acks", _W, "packets", "duplicate ACKs", "重复 ACK 数"),
    Column("zero_windows", _W, "packets", "segments that advertise a zero window", "通告零窗口的段数"),
    Column("not_captured", _W, "packets", "segments after a gap, and ACKs of data that was not captured", "缺口之后的段数，加上确认未抓到数据的 ACK 数"),
    Column("missed_bytes", _W, "bytes", "payload that is known to have been sent and was not captured", "确知发送过但没有抓到的载荷"),
    Column("conn_state", _N, "", "state of the connection as Zeek's conn.log has it", "Zeek conn.log 里的 conn_state"),
    Column("history", _N, "", "what happened, in letters as Zeek's conn.log has them (without C)", "Zeek conn.log 里的 history（没有 C）"),
    *(Column(f"time_{part.label}_ns", _W, "ns", f"time budget: {part.label}", f"时间分配：{part.label}") for part in Part),
    Column("severity", _N, "", "worst finding: note, warning, error; null: none", "最严重的结论：note、warning、error；没有则为空"),
    Column("lost_ns", _W, "ns", "what its warnings and errors cost, at least", "警告和错误至少耗去的时间"),
)  # fmt: skip
_FINDINGS: Final = (
    _CAPTURE,
    _STREAM._replace(en="number of the connection; null: about the whole capture", zh="连接编号；为空表示关于整个抓包"),
    Column("number", _W, "", "its place among the findings of the capture, from 0", "在该抓包结论中的序号，从 0 起"),
    Column("id", _N, "", "which finding", "结论的名称"),
    Column("severity", _N, "", "note, warning or error", "note、warning 或 error"),
    Column("confidence", _N, "", "certain, likely or possible: that it happened", "发生的把握：certain、likely 或 possible"),
    Column("cause_confidence", _N, "", "the same of its cause", "原因的把握"),
    Column("time", Kind.TIME, "", "of the first packet of its evidence, else of the connection or event", "第一个证据数据包的时间，否则为连接或事件的时间"),
    Column("frames", Kind.WHOLES, "", "numbers of the packets that show it", "作为证据的数据包编号"),
    Column("streams", Kind.WHOLES, "", "connections that show it", "出现该结论的连接"),
    Column("lost_ns", _W, "ns", "what it cost, at least", "至少耗去的时间"),
    Column("facts", _T, "", "numbers and names of its sentences, as JSON", "句子里的数字和名称，JSON"),
    Column("alternatives", Kind.TEXTS, "", "what else it could be", "其他可能"),
    *_ENDS,
)  # fmt: skip
_REQUESTS: Final = (
    _CAPTURE, _STREAM,
    Column("number", _W, "", "its place in the connection, from 0", "在连接中的序号，从 0 起"),
    Column("protocol", _N, "", "protocol", "协议"),
    Column("operation", _T, "", "what was requested, without secrets", "请求的内容，不含机密"),
    Column("statement", _T, "", "of a database, without secrets; null: none", "数据库语句，不含机密；没有则为空"),
    Column("status", _N, "", "response code, or what ended the connection; null: neither", "响应码，或结束连接的原因；都没有则为空"),
    Column("id", _T, "", "its identifier on its connection; null: responses come in order", "在连接中区分它的编号；靠顺序区分则为空"),
    Column("start", Kind.TIME, "", "when its first byte passed, or the SYN that opened the connection", "第一个字节或打开连接的 SYN 通过的时间"),
    Column("duration_ns", _W, "ns", "until the response had passed", "到响应全部通过的时长"),
    *(Column(f"time_{part.label}_ns", _W, "ns", f"part of it: {part.label}; null: does not apply", f"其中：{part.label}；不适用则为空") for part in RequestPart),
    Column("complete", _B, "", "both messages were captured to their last byte", "两条消息都完整抓到"),
    Column("rows", _W, "", "rows or elements of the response; null: no question", "响应的行数或元素数；不适用则为空"),
    Column("request_frame", _W, "", "packet with its first byte; null: not captured", "请求第一个字节所在的数据包；没有抓到则为空"),
    Column("request_bytes", _W, "bytes", "of the request", "请求的字节数"),
    Column("response_frame", _W, "", "packet with the first byte of the response; null: none", "响应第一个字节所在的数据包；没有则为空"),
    Column("response_bytes", _W, "bytes", "of the response", "响应的字节数"),
    *_ENDS,
)  # fmt: skip
_HOSTS_MINUTES: Final = (
    _CAPTURE,
    Column("minute", Kind.TIME, "", "the minute, UTC", "分钟，UTC"),
    Column("address", _N, "", "address of the host", "主机地址"),
    Column("ip", Kind.ADDRESS, "", "the same in 16 bytes", "同上，16 字节"),
    Column("packets_sent", _W, "packets", "TCP segments that it sent", "发出的 TCP 段数"),
    Column("packets_received", _W, "packets", "TCP segments sent to it", "收到的 TCP 段数"),
    Column("bytes_sent", _W, "bytes", "on the wire", "线路上发出的字节数"),
    Column("bytes_received", _W, "bytes", "on the wire", "线路上收到的字节数"),
    Column("payload_sent", _W, "bytes", "payload that it sent", "发出的载荷"),
    Column("payload_received", _W, "bytes", "payload sent to it", "收到的载荷"),
    Column("data_segments_sent", _W, "packets", "segments with payload that it sent", "发出的带载荷的段数"),
    Column("retransmissions_sent", _W, "packets", "retransmitted segments that it sent", "发出的重传段数"),
    Column("resets_sent", _W, "packets", "RSTs that it sent", "发出的 RST 数"),
    Column("syns_sent", _W, "packets", "SYNs without ACK that it sent", "发出的不带 ACK 的 SYN 数"),
)  # fmt: skip
_PACKETS: Final = (
    _CAPTURE,
    Column("frame", _W, "", "number of the packet in the capture, from 1", "数据包在抓包中的编号，从 1 起"),
    Column("time", Kind.TIME, "", "when it was captured", "抓到的时间"),
    Column("stream", _W, "", "number of the connection; null: no TCP", "连接编号；不是 TCP 则为空"),
    Column("from_client", _B, "", "whether the client sent it; null: no TCP", "是否由客户端发出；不是 TCP 则为空"),
    Column("bytes", _W, "bytes", "on the wire", "线路上的字节数"),
    Column("payload", _W, "bytes", "TCP payload", "TCP 载荷"),
    Column("flags", _W, "", "twelve bits of TCP flags", "TCP 标志，十二位"),
    Column("seq", _W, "", "sequence number, as in the header", "序列号，同首部"),
    Column("ack", _W, "", "acknowledgment number, as in the header", "确认号，同首部"),
    Column("window", _W, "", "window, as in the header", "窗口，同首部"),
    Column("verdicts", Kind.TEXTS, "", "verdicts, as in tcp.analysis", "判定，同 tcp.analysis"),
)  # fmt: skip
#: The columns of each table, in the order of the files.
COLUMNS: Final[dict[Table, tuple[Column, ...]]] = {
    Table.CAPTURES: _CAPTURES,
    Table.CONNECTIONS: _CONNECTIONS,
    Table.FINDINGS: _FINDINGS,
    Table.REQUESTS: _REQUESTS,
    Table.HOSTS_MINUTES: _HOSTS_MINUTES,
    Table.PACKETS: _PACKETS,
}
#: The column by whose day a row is filed.
TIME_COLUMN: Final[dict[Table, str]] = {
    Table.CAPTURES: "start",
    Table.CONNECTIONS: "start",
    Table.FINDINGS: "time",
    Table.REQUESTS: "start",
    Table.HOSTS_MINUTES: "minute",
    Table.PACKETS: "time",
}
