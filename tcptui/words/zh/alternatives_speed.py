"""时间还可能花在哪里（中文）。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.server-waits-itself": "服务端自己也在等别人：数据库、别的服务、一把锁。看它自己发起的连接，或对这个请求做跟踪。",
    "alternatives.more-expected": "服务端以为请求还没有完。那么要等它自己超时，才会有应答或报错；核对 Content-Length。",
    "alternatives.long-poll": "服务端有意等到有消息才应答（长轮询、推送）。那么这种等待会一再出现，结束时要么有新消息，要么恰好是整秒数。",
    "alternatives.client-pool": "连接池或浏览器把连接留着备用。那么这期间到同一服务端的其他连接在忙，或者停顿毫无规律。",
    "alternatives.client-works": "客户端程序先在处理应答。看它的 CPU 时间和日志。",
    "alternatives.queue-instead": "是路径上的排队让 ACK 来迟了。那么往返会随在途字节变长，而窗口不会用尽。",
    "alternatives.starved-host": "{receiver}整台主机忙得来不及处理包。那么它的其他连接会在同一时刻停住；看 vmstat 与 mpstat。",
    "alternatives.paused-on-purpose": "程序有意只按自己的速度读：播放器缓存够了，或程序自己限速。那么停顿很有规律。",
    "alternatives.room-announced-late": "程序随到随读，只是系统通告空间晚了。若是如此，停顿期间{receiver}上的 Recv-Q（ss -tm）是空的。",
    "alternatives.reads-by-clock": "{receiver}的程序按定时器读，或者读得晚。若是如此，那里的 Recv-Q（ss -tm）很少为空，窗口再大也没有用。",
    "alternatives.window-grows": "自动调整还在让窗口变大。那么结束时窗口比开始时大，传得越久越快。",
    "alternatives.scale-stripped": "路上的防火墙去掉了窗口缩放选项。在另一端抓包，会看到 SYN 里还有它。",
    "alternatives.buffer-made-smaller": "程序在连接建立之后设置了 SO_RCVBUF。在{receiver}上用 strace -e trace=setsockopt 可以看到。",
    "alternatives.memory-pressure": "{receiver}的内核给套接字用的内存不足。看 nstat -az TcpExtTCPMemoryPressures 与 net.ipv4.tcp_mem。",
    "alternatives.two-steps": "{sender}的程序在两次写之间做事，或在等别的东西。那么第二次写不会每次都紧跟在 ACK 后面。",
    "alternatives.sender-busy": "{sender}的处理器或磁盘跟不上。看当时的负载（top、iostat）。",
    "alternatives.sender-buffer": "{sender}的发送缓冲区小，程序又来不及再填满。看那边 ss -tmi 的 sndbuf_limited。",
    "alternatives.window-clamped": "{sender}的拥塞窗口被压住了（路由上锁定的 cwnd，或拥塞控制算法）。那边 ss -ti 的 cwnd 会一直不动。",
    "alternatives.shaper": "路上的整形器或 SO_MAX_PACING_RATE 定了速度。那么速率是个整数，几个连接加起来也一样。",
    "alternatives.other-traffic": "路径的其余部分被别的流量占着。那么换个时段就会快。",
    "alternatives.delayed-acks": "{receiver}推迟了确认，或者 ACK 回来的路慢。那么往返不会随在途字节变长。",
    "alternatives.path-changed": "路径在某一刻变长了（换了路由、无线链路）。那么往返只跳高一次，之后不再回落。",
}
