"""What else findings about HTTP/2 and gRPC may be, in Chinese: the cause, and what would decide."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.http2-program-busy": "接收端的程序正忙或被阻塞（磁盘、锁、垃圾回收）：看它的日志。",
    "alternatives.http2-paused": "接收端有意暂停，例如缓冲已满的播放器：那样暂停会反复出现。",
    "alternatives.http2-one-unread": "一个没有人读的响应挡住了其他所有响应：哪个流积压的字节最多？",
    "alternatives.http2-window-left": "接收端归还窗口又晚又一次很多：看 WINDOW_UPDATE 帧的大小。",
    "alternatives.http2-reads-by-clock": "接收端限制自己的速率：那样等待会很均匀，而且比往返时间长。",
    "alternatives.http2-arrived-late": "报文段只是晚到，并没有丢，重传是多余的：接收端的抓包可以证明。",
    "alternatives.http2-restart": "服务端恰好重启或被替换：看它的日志。",
    "alternatives.http2-requests-limit": "服务端在一定时间或一定请求数之后结束每条连接：之前的连接也会这样结束。",
    "alternatives.http2-crash": "服务端的程序在停止过程中崩溃：看它的日志。",
    "alternatives.http2-client-storm": "客户端不停地重复失败的请求：比较它请求的内容。",
    "alternatives.http2-limit-low": "服务端的限制低于客户端的需要：看它的设置。",
    "alternatives.http2-broken-peer": "某一端有缺陷：换一个客户端或版本试试。",
    "alternatives.http2-middlebox": "代理以服务端的名义说话：看 server 首部和代理的日志。",
    "alternatives.http2-refused-full": "服务端允许的流都已占满：与它的 SETTINGS 对比。",
    "alternatives.http2-refused-closing": "服务端正在停止：随后会有 GOAWAY。",
    "alternatives.http2-attack": "攻击：那样别的连接也会如此，可能来自许多地址。",
    "alternatives.http2-impatient": "程序自己取消：边输入边搜索、同一请求发两份、超时设得太短。",
    "alternatives.http2-server-busy": "服务端的线程或进程比请求少：看它的负载。",
    "alternatives.http2-own-limit": "客户端自己也有同样大小的限制：看它的设置。",
    "alternatives.http2-server-slow": "响应慢，再高的上限也会占满：看响应要多久。",
    "alternatives.http2-settings-late": "客户端在服务端的 SETTINGS 到达之前就发出了请求：那样只有最初的请求被拒绝。",
    "alternatives.http2-ignores-limit": "客户端不遵守上限：那样之后的请求也会被拒绝。",
    "alternatives.grpc-backend": "服务端在等别处（数据库、其他服务）：看它自己发出的调用。",
    "alternatives.grpc-deadline-short": "截止时间对这个调用来说太短，或者只是更长的截止时间剩下的部分。",
    "alternatives.grpc-queue": "调用在服务端的队列里等待，因为线程都在忙。",
}
