"""时间还可能花在哪里（中文）。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.server-waits-itself": "服务端自己也在等（数据库、别的服务、锁）：看它向外发起的连接，或对这个请求做 trace。",
    "alternatives.more-expected": "服务端以为请求还没有完，要等自己超时才响应或报错；核对 Content-Length。",
    "alternatives.long-poll": "服务端有意等到有消息才响应（长轮询、推送）：这种等待会反复出现，以新消息或整秒数结束。",
    "alternatives.client-pool": "连接池或浏览器把连接留着备用：这期间到该服务端的其他连接在忙，或者停顿毫无规律。",
    "alternatives.client-works": "客户端程序先在处理响应；看它的 CPU 时间和日志。",
    "alternatives.queue-instead": "路径上的排队使 ACK 来迟：往返时间随在途字节变长，而窗口不会用尽。",
    "alternatives.starved-host": "{receiver}整台主机忙不过来：它的其他连接会在同一时刻停住（vmstat、mpstat）。",
    "alternatives.paused-on-purpose": "程序有意按自己的速度读取（播放器缓存已够、程序自己限速）：停顿很有规律。",
    "alternatives.room-announced-late": "系统通告窗口晚了：停顿期间 Recv-Q（ss -tm）是空的。",
    "alternatives.reads-by-clock": "程序按定时器读取，或读得晚：那里的 Recv-Q（ss -tm）很少为空。",
    "alternatives.acks-held": "它的网卡或内核推迟了确认（中断合并）：那么读得快的程序也一样。",
    "alternatives.window-grows": "自动调优还在放大窗口：结束时窗口更大，传得越久越快。",
    "alternatives.reverse-lookup": "服务端先反查客户端的域名或用户，而那边没有回应。",
    "alternatives.accept-late": "程序 accept 得晚：工作进程都在忙，或者要先启动一个。",
    "alternatives.scale-stripped": "途中的防火墙去掉了窗口缩放选项；在另一端，SYN 里还有它。",
    "alternatives.buffer-made-smaller": "程序在连接建立之后设置了 SO_RCVBUF：strace -e trace=setsockopt。",
    "alternatives.memory-pressure": "{receiver}的套接字内存不足：看 TcpExtTCPMemoryPressures。",
    "alternatives.two-steps": "程序在两次写之间做事：第二次写不会每次都紧跟 ACK。",
    "alternatives.sender-busy": "{sender}的 CPU 或磁盘跟不上：看当时的负载（top、iostat）。",
    "alternatives.sender-buffer": "发送缓冲区小，程序填得慢：看那里 ss -tmi 的 sndbuf_limited。",
    "alternatives.window-clamped": "拥塞窗口被压住：那里 ss -ti 的 cwnd 一直不动。",
    "alternatives.shaper": "途中的整形器或 SO_MAX_PACING_RATE 限定了速率：速率是个整数，几条连接加起来也一样。",
    "alternatives.other-traffic": "路径的其余带宽被别的流量占用：换个时段就会快。",
    "alternatives.delayed-acks": "延迟确认，或 ACK 的回程慢：往返时间不随在途字节变长。",
    "alternatives.path-changed": "路径在某一刻变长（换了路由、无线链路）：往返时间只跳高一次，之后不再回落。",
}
