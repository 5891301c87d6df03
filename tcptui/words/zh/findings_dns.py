"""有关 DNS 的诊断，中文；键和各部分同 `findings`。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "findings.dns-detour.name": "DNS 响应装不进一个数据报",
    "findings.dns-detour.title": "DNS：{questions} 个查询改用 TCP 重问",
    "findings.dns-detour.title.refused": "DNS 响应被截断，TCP 又被拒绝",
    "findings.dns-detour.title.silent": "DNS 响应被截断，TCP 又没有回应",
    "findings.dns-detour.short": "{questions} 次改走 TCP",
    "findings.dns-detour.short.refused": "响应截断，TCP 被拒",
    "findings.dns-detour.short.silent": "响应截断，TCP 无回应",
    "findings.dns-detour.happened": "{server} 给 {client} 的 {questions} 个响应被截断（TC 标志），{client} 改用 TCP 重问。从截断的响应到完整的响应，最久的用了 {worst_s}（{question}，{udp_frame} 号包和 {tcp_frame} 号包），合计 {total_s}。",
    "findings.dns-detour.happened.refused": "{server} 对 {question} 的响应被截断（TC 标志，{udp_frame} 号包）。{client} 随后尝试 TCP 端口 53（{tcp_frame} 号包），被拒绝；共尝试 {count} 次。",
    "findings.dns-detour.happened.silent": "{server} 对 {question} 的响应被截断（TC 标志，{udp_frame} 号包）。{client} 随后尝试 TCP 端口 53，没有任何回应（从 {tcp_frame} 号包起）；共尝试 {count} 次。",
    "findings.dns-detour.meaning": "响应最后都完整了，但比装得下的响应多用了 {trips} 个往返：每个查询多一个，每条为此新开的连接再多一个。",
    "findings.dns-detour.meaning.refused": "小的响应正常，大的永远收不到：记录多或记录长的名字，在这台服务器上查不到。DNS 必须支持 TCP，不是可有可无的（RFC 7766）。",
    "findings.dns-detour.meaning.silent": "小的响应正常，大的永远收不到：记录多或记录长的名字，在这台服务器上查不到，而且每次都要等到超时。DNS 必须支持 TCP，不是可有可无的（RFC 7766）。",
    "findings.dns-detour.known": "截断的响应读自 UDP 数据报，完整的响应读自 TCP；客户端、服务端和查询都相同。",
    "findings.dns-detour.known.refused": "截断的响应读自 UDP 数据报；同一个客户端在一秒之内向同一台服务器发了 SYN。",
    "findings.dns-detour.known.silent": "截断的响应读自 UDP 数据报；同一个客户端在一秒之内向同一台服务器发了 SYN。",
    "findings.dns-detour.sure": "标志、查询和时间都在包里。",
    "findings.dns-detour.sure.refused": "两件事都在包里。后者由前者引起，是客户端通常的做法；TCP 上的查询始终没能发出。",
    "findings.dns-detour.sure.silent": "两件事都在包里。后者由前者引起，是客户端通常的做法；TCP 上的查询始终没能发出。",
    "findings.dns-detour.look": "{udp_frame} 号包：查询允许多大的响应（EDNS 的 UDP 载荷大小）？1232 字节几乎处处能通过；没有 EDNS 时是 512 字节。",
    "findings.dns-detour.look.refused": "在 {server} 上看：DNS 服务有没有监听 TCP 端口 53（ss -lnt），防火墙放不放行？",
    "findings.dns-detour.look.silent": "查 {client} 与 {server} 之间的防火墙：UDP 端口 53 是通的，TCP 端口 53 呢？在 {server} 上运行 ss -lnt。",
}
