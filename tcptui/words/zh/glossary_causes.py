"""术语：结论中提到的原因与协议。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "glossary.challenge-ack": "Challenge ACK（质询 ACK）：收到不太对得上的 SYN 或 RST 时，对已有连接的回应（RFC 5961），意思是“请证明你说的是我”。发 SYN 的一方如果没有这条连接，会回一个 RST。",
    "glossary.stall": "停顿（stall）：一段什么都不动的时间。若所有主机同时沉默又同时开口，原因就在它们路径的公共部分。",
    "glossary.idle-timeout": "空闲超时（会话老化）：NAT 网关、防火墙和负载均衡的会话表项，静默太久就会老化，之后再来的包被丢弃或收到 RST。保活可以避免。",
    "glossary.nat": "网络地址转换（NAT）：设备给经过的包换上另一个地址或端口，再把应答里的换回来。端口转发、负载均衡、Kubernetes 的 Service 都靠它，所以应答必须原路经过这台设备。",
    "glossary.name-lookup": "名字查询（DNS）：程序在建立连接之前向 DNS 服务器询问名字的地址，通常用 UDP。没有响应时，要等几秒的超时过去才再问一次。",
    "glossary.neighbour": "邻居（ARP、邻居发现）：同一链路上的主机。给它发第一个包之前，先向所有主机询问它的硬件地址；得到应答之前，那个包留在发送方里，任何抓包都看不到。",
    "glossary.path-lost": "路径中断：数据一遍遍重传，间隔越来越长，却没有任何回应。Linux 试过 tcp_retries2 次就放弃，不发任何包来宣布这件事。",
    "glossary.content-conflict": "同一段字节，两种内容：两个包的序列号相同，字节却不同。发送方从不这样做；有人往连接里写了东西，或改了它的内容。",
    "glossary.checksum": "校验和：对报文段及其地址求和，接收方据此发现损坏。损坏的报文段会被静默丢弃，就像丢在路上一样。",
    "glossary.path-mtu": "路径 MTU：一条路径上各段链路都能通过的最大包长。路由器丢弃过大的包时会用 ICMP 说明；如果这条消息被过滤，大包就静默丢失，小包却能通过，这就是黑洞。",
    "glossary.ecn": "显式拥塞通知（ECN）：路由器不丢包，而是做个标记；接收方回显标记（ECE），发送方降速并告知（CWR）。",
    "glossary.think-time": "处理时间：由程序而不是网络花掉的时间，在请求与响应之间（服务端），或在响应与下一个请求之间（客户端）。",
    "glossary.application-limited": "受应用限制：连接本来可以传得更快，但发送方的程序没有数据可发。",
    "glossary.send-buffer": "发送缓冲区：数据在得到确认之前，发送方必须留着。如果它比路径能容纳的还小，速度就由它决定。",
    "glossary.queueing-delay": "排队时延：包在途中拥挤的队列里等待的时间。在途数据越多，每个往返就越久（缓冲区膨胀）。",
    "glossary.clock-step": "时钟跳变：抓包期间机器的时钟被调整，时间因此跳跃甚至倒退。",
    "glossary.http": "HTTP：请求与响应，由首部、空行和正文组成；正文的长度事先声明，或者分块发送。",
    "glossary.event-stream": "事件流（SSE）：不会结束的 HTTP 响应，服务端有事件就追加（text/event-stream）。",
    "glossary.websocket": "WebSocket：双方约定把一条 HTTP 连接改用来双向传送消息（状态码 101，RFC 6455）。",
    "glossary.http2": "HTTP/2：一条连接上同时有许多请求，每个请求是一个由帧组成的流，在 TCP 的窗口之上还有自己的窗口。gRPC 用的就是它。",
    "glossary.statement": "语句：客户端向数据库要什么，用 SQL 或命令表达，不含每次不同的值。",
    "glossary.tls": "TLS：在 TCP 之上加密（https 等）。握手商定版本、密码套件和密钥；握手失败时，告警说明原因。",
}
