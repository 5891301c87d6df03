"""占住服务端名额的一大群客户端：半开连接，或永不结束的请求头。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    # -- syn-flood ---------------------------------------------------------------------
    "findings.syn-flood.name": "SYN 洪水",
    "findings.syn-flood.title": "SYN 洪水：{server}:{port}，{count} 个半开连接",
    "findings.syn-flood.short": "端口 {port} SYN 洪水，{count} 个半开",
    "findings.syn-flood.happened": "{took_s}内有 {count} 个 SYN（{sources} 个源地址）到达 {server} 端口 {port}，最多一秒 {rate} 个，此后没有一个源地址再发第二个包。服务端回应了其中 {answered} 个（{answered_percent}%）；这期间该端口另有 {opened} 条连接建立成功，{hurt} 次尝试没有回应。",
    "findings.syn-flood.happened.few": "{took_s}内有 {count} 个 SYN（来自 {client} 等 {sources} 个地址）到达 {server} 端口 {port}，最多一秒 {rate} 个，之后都没有第二个包。服务端回应了其中 {answered} 个（{answered_percent}%）；这期间该端口另有 {opened} 条连接建立成功，{hurt} 次尝试没有回应。",
    "findings.syn-flood.meaning": "这不是丢包。每个 SYN 都在半连接队列里占一个位置，直到服务端放弃；队列一满，真正的客户端就会被丢弃，或者服务端改用 SYN cookie。源地址多半是伪造的。",
    "findings.syn-flood.meaning.few": "这不是丢包。每个 SYN 都在半连接队列里占一个位置，直到服务端放弃；队列一满，真正的客户端就会被丢弃，或者服务端改用 SYN cookie。地址这么少，一般不是伪造：那台机器上有程序在手工造包，或者把 SYN-ACK 丢掉了。",
    "findings.syn-flood.known": "没收到 SYN-ACK 的客户端一秒后会重传 SYN，收到的会确认；这些地址两样都没做，而服务端重传了 {repeats} 个 SYN-ACK，或者抓包里能看到其他客户端后续的包。",
    "findings.syn-flood.sure": "每个地址端口只来过一个包，这是确定的；由什么发出，是从数量和此后的沉默推断的。",
    "findings.syn-flood.look": "在 {server} 上：ss -nt state syn-recv | wc -l，nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDrop TcpExtListenDrops，sysctl net.ipv4.tcp_syncookies（应为 1）。要在上游清洗，按地址封没有用。",
    "findings.syn-flood.look.few": "在 {server} 上：ss -nt state syn-recv | wc -l，nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDrop。{client} 上在跑什么（hping3、压测、配错的防火墙）？在那里停掉，或在 {server} 上按地址限速。",
    # -- slowloris ---------------------------------------------------------------------
    "findings.slowloris.name": "永不结束的请求（slowloris）",
    "findings.slowloris.title": "Slowloris：端口 {port} 有 {count} 个未完的请求",
    "findings.slowloris.short": "slowloris：{count} 个未完的请求",
    "findings.slowloris.happened": "{clients} 个客户端（{client} 等）到 {server} 端口 {port} 的 {count} 条连接开始了 HTTP 请求，请求头却一直没有结束，最多同时 {most} 条，最长 {longest_s}（最多 {bytes} 字节，分 {pieces} 段）。同一端口的其他连接中，{answered} 条这期间收到了数据，{silent} 条没有。",
    "findings.slowloris.happened.alone": "{clients} 个客户端（{client} 等）到 {server} 端口 {port} 的 {count} 条连接开始了 HTTP 请求，请求头却一直没有结束，最多同时 {most} 条，最长 {longest_s}（最多 {bytes} 字节，分 {pieces} 段）。",
    "findings.slowloris.meaning": "每一条都占着服务端的一个工作进程或名额，等那个表示请求头结束的空行。一条连接占一个工作进程的服务器很快就满了，而处理器和链路都闲着。",
    "findings.slowloris.known": "字节开头像 HTTP 请求，却没有空行；服务端已全部确认，途中没有缺失。",
    "findings.slowloris.sure": "请求头没有结束是确定的；是否有人故意为之，是从同时存在的数量推断的。",
    "findings.slowloris.look": "在 {server} 上：给请求头设时限（nginx client_header_timeout、Apache mod_reqtimeout、HAProxy timeout http-request），并限制每个地址的连接数。{client} 是谁？",
}
