"""What the fields of tcptui itself mean, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "field.tcptui.stream": "连接的编号，同 `tcp.stream`。",
    "field.tcptui.client": "发起连接一端的地址。",
    "field.tcptui.server": "连接另一端的地址。",
    "field.tcptui.client.port": "发起连接一端的端口。",
    "field.tcptui.server.port": "连接另一端的端口。",
    "field.tcptui.client.state": "该报文段之后客户端的状态（RFC 9293）。",
    "field.tcptui.server.state": "该报文段之后服务端的状态（RFC 9293）。",
    "field.tcptui.client.state_known": "客户端的状态已证实，而非推定。",
    "field.tcptui.server.state_known": "服务端的状态已证实，而非推定。",
    "field.tcptui.packets": "连接的报文段数。",
    "field.tcptui.bytes": "连接各报文段在线路上的字节数。",
    "field.tcptui.duration": "从连接首帧到末帧的时间。",
    "field.tcptui.rtt": "连接的往返时间：取自握手，否则取已知的最短值。",
    "field.tcptui.community_id": "连接在 Zeek、Suricata 等工具中的名称（Community ID 1）。",
    "field.tcptui.closed_by": "先发出 FIN 或 RST 的一端：client 或 server。",
    "field.tcptui.idle_before_close": "首个 FIN 或 RST 之前没有消息往来的时间；TLS 告警和该端尚未收到的数据不算消息。",
    "field.tcptui.cause": "报文段被重传的原因。",
    "field.tcptui.finding": "该数据包作为证据所支持的诊断结论。",
    "field.tcptui.severity": "该类结论的严重程度。",
    "field.tcptui.confidence": "该类结论的可信度。",
    "field.tcptui.network": "连接中数据包在途的时间。",
    "field.tcptui.server_think": "连接中服务端的处理时间。",
    "field.tcptui.client_think": "连接中客户端的处理时间。",
    "field.tcptui.recovery": "连接因丢包而耗费的时间。",
    "field.tcptui.idle": "连接中没有请求的空闲时间。",
    "field.tcptui.limit": "最长时间限制连接速率的因素：application、window、slow-start 等；仅在能判断时出现。",
    "field.tcptui.congestion_control": "发送这些数据的拥塞控制：reno、cubic 或 bbr；仅在数据包能表明时出现。",
    "field.tcptui.limited_by": "限制来自哪一方：application、receiver 或 network。",
    "field.tcptui.request.operation": "请求的内容；承载请求及其响应的数据包都有此字段。",
    "field.tcptui.request.status": "请求的响应状态；出现在同样的数据包中。",
    "field.tcptui.request.duration": "有响应的请求所用的时间，与 `tcptui requests` 的一致；出现在同样的数据包中。",
    "field.tcptui.marked": "数据包或其连接已加标记；仅已标记的数据包有此字段。",
    "field.tcptui.note": "数据包或其连接上的备注。",
    "field.tcptui.kernel.event": "本机内核对该数据包做了什么：retransmit、reset-sent、drop 等；仅用 --kernel 抓的包才有。",
    "field.tcptui.kernel.cause": "内核所说的重传原因；可与 `tcptui.cause` 对照。",
    "field.tcptui.kernel.reason": "内核重置连接或丢弃数据包的原因，用内核自己的名称。",
}
