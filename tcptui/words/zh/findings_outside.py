"""有关 TCP 之外、却能使 TCP 失败的诊断，中文；键和各部分同 `findings`。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "findings.neighbour-silent.name": "邻居不回答 ARP",
    "findings.neighbour-silent.title": "{protocol} 没有应答：{target}",
    "findings.neighbour-silent.title.late": "{protocol} 过了 {took_s}才应答：{target}",
    "findings.neighbour-silent.short": "{protocol} 没有应答",
    "findings.neighbour-silent.short.late": "{protocol} 应答用了 {took_s}",
    "findings.neighbour-silent.happened": "{asker} 询问 {target} 的硬件地址 {asked} 次，没有得到应答（{protocol}，{first_frame} 至 {last_frame} 号包，{took_s}）。其间建立失败的到它的连接：{count} 条。",
    "findings.neighbour-silent.happened.late": "{asker} 询问 {target} 的硬件地址 {asked} 次才得到应答（{protocol}，{first_frame} 至 {last_frame} 号包）。这用了 {took_s}；等它的连接：{count} 条。",
    "findings.neighbour-silent.meaning": "{asker} 认为 {target} 是同一链路上的邻居，却什么也发不过去：SYN 不行，数据报也不行。那里的程序会得到 “no route to host”，或等到超时。",
    "findings.neighbour-silent.meaning.late": "{asker} 要发给 {target} 的包其间都在 {asker} 里等着：第一个 SYN 到这时才发出，不是连接的问题。",
    "findings.neighbour-silent.known": "每次询问都在抓包里，应答一个也没有。得到应答的主机就不会再问。",
    "findings.neighbour-silent.known.late": "询问和应答都在抓包里；连接紧接着应答开始。",
    "findings.neighbour-silent.sure": "{asker} 问了一遍又一遍，这在包里；为什么没人应答，包里看不出来。",
    "findings.neighbour-silent.sure.late": "询问、应答和时间都在包里。",
    "findings.neighbour-silent.look": "在 {asker} 上：ip neigh show {target}（FAILED、INCOMPLETE）、ip route get {target}。在交换机上：端口是否启用，属于哪个 VLAN？",
    "findings.neighbour-silent.look.late": "在 {target} 上：是不是休眠了，或链路刚刚恢复？在交换机上：生成树、广播限速。",
    "findings.icmp-error.name": "有 ICMP 错误，没有它所说的连接",
    "findings.icmp-error.title": "ICMP：{reason}",
    "findings.icmp-error.title.tcp": "ICMP：{reason}，TCP 端口 {port}",
    "findings.icmp-error.short": "ICMP：{reason}",
    "findings.icmp-error.short.tcp": "ICMP：{reason}",
    "findings.icmp-error.happened": "{sender_address} 用 ICMP 告诉 {client}，{server} 到不了：{reason}（{protocol}，第一个是 {first_frame} 号包；共 {errors} 个）。",
    "findings.icmp-error.happened.tcp": "{sender_address} 用 ICMP 告诉 {client}，{server} 的端口 {port} 到不了：{reason}（{protocol}，第一个是 {first_frame} 号包；共 {errors} 个）。那条连接本身不在抓包里。",
    "findings.icmp-error.meaning": "{client} 发给 {server} 的包没有到达，原因由错误的发送者说出。到这个地址的 TCP 也会遇到同样的事。",
    "findings.icmp-error.meaning.tcp": "{client} 发给 {server} 的包没有到达，原因由错误的发送者说出。正在建立连接的程序会马上得到这个错误；已建立的连接会继续尝试。",
    "findings.icmp-error.known": "错误里引用了它所说的那个包：地址和协议。",
    "findings.icmp-error.known.tcp": "错误里引用了它所说的那个包：地址和端口。",
    "findings.icmp-error.sure": "消息在抓包里；谁发的，写在消息里。",
    "findings.icmp-error.sure.tcp": "消息在抓包里；谁发的，写在消息里。",
    "findings.icmp-error.look": "看 {sender_address} 上的规则和路由；在那里运行 ip route get {server}。",
    "findings.icmp-error.look.tcp": "看 {sender_address} 上的规则和路由；在 {client} 上运行 traceroute -T -p {port} {server}。不加过滤条件再抓一次：连接本身会说明代价。",
}
