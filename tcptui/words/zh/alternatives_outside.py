"""有关 TCP 之外的诊断还可能是什么，中文。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.dns-nat-race": "两个查询同时从一个套接字发出，途中的 NAT 丢了一个：看 conntrack -S 的 insert_failed。Kubernetes 和 Docker 里常见；single-request-reopen 或本地缓存可以避免。",
    "alternatives.dns-datagram-lost": "查询或响应在途中丢了：网络不会替 UDP 再发一次。",
    "alternatives.dns-server-overloaded": "{server} 过载或限速：别的客户端也在等；看它的统计。",
    "alternatives.dns-server-gone": "{server} 已停机，或防火墙丢弃 UDP 53 端口。",
    "alternatives.dns-recursion-slow": "{server} 又去问了别的服务器，那些服务器很慢或没有作声。",
    "alternatives.dns-not-listening": "{server} 上没有 DNS 服务：resolv.conf 写错了主机，或服务已停。",
    "alternatives.dns-upstream-failed": "{server} 自己去问的服务器没有响应，或它们的签名（DNSSEC）不对。",
    "alternatives.dns-refuses": "{server} 不为这个客户端或这个名字服务（REFUSED）：访问列表、不做递归。",
    "alternatives.dns-forged-answer": "途中有人抢在服务器之前应答：审查设备、强制门户或攻击者。",
    "alternatives.dns-query-doubled": "查询在抓包点之后被路径复制成两份，服务器第二次选了别的地址。",
    "alternatives.dns-name-mistyped": "名字写错了，或已被删除。",
    "alternatives.dns-other-view": "这个名字在别的服务器上：分离解析、VPN，或少了搜索域。",
    "alternatives.neighbour-elsewhere": "{target} 在别的 VLAN，或在路由器后面：{asker} 的掩码或路由不对。",
    "alternatives.neighbour-filtered": "交换机或虚拟化平台丢弃了询问或应答（端口安全、ARP 检查、没有开代理 ARP）。",
    "alternatives.neighbour-answer-unseen": "应答走的是别处：抓包点不在 {asker}。",
    "alternatives.neighbour-busy": "{target} 在休眠，或链路刚刚恢复。",
    "alternatives.neighbour-answer-lost": "询问或应答在链路上丢了：无线、广播限速。",
    "alternatives.routing-loop": "路由器之间把包转成了圈：traceroute {server} 会反复出现同样的几台。",
    "alternatives.icmp-filtered-at-host": "{address} 上的包过滤在抓包点之后拿走了 ICMP 消息。",
    "alternatives.mtu-locked": "路由的 mtu 被锁定，或关闭了路径 MTU 发现。",
    "alternatives.tunnel-on-the-way": "途中有隧道、VPN 或 PPPoE，每个包都要占去若干字节。",
}
