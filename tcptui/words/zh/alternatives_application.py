"""The alternatives of findings above TCP, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.body-looks-like-header": "消息体有意写得像首部（转发的邮件、存档的消息）：长度是对的，也没有人回 400。",
    "alternatives.newline-added-on-the-way": "字段是代理加上的，连换行一起带了进来；在它前面抓包。",
    "alternatives.program-stopped-sending": "程序在发送途中崩溃、被停掉或者放弃了。看它那一刻的日志。",
    "alternatives.length-counted-wrong": "数的是字符而不是字节，或者定下长度之后消息体又变了。与程序手里的内容对比。",
    "alternatives.proxy-changed-body": "代理或过滤器改了消息体，却保留了原来的长度。直接请求后端看看。",
    "alternatives.client-collects-body": "客户端要收完整个消息体才显示：代码里是不是按流读取响应？",
    "alternatives.intermediary-collects-body": "离客户端更近的代理或杀毒软件在攒消息体；在客户端本机抓包。",
    "alternatives.events-made-at-end": "程序到最后才一次产生所有事件，并没有谁缓冲：看日志里每个事件的产生时间。",
    "alternatives.proxy-compresses": "压缩的是服务端前面的代理，压缩时顺便缓冲：用 curl 直接请求后端。",
    "alternatives.proxy-buffers": "反向代理在攒响应（nginx 的 proxy_buffering on）；在它和程序之间抓包。",
    "alternatives.server-framework-buffers": "服务端的框架或输出过滤器在攒程序写出的内容：strace -e trace=write,sendto。",
    "alternatives.tab-closed": "关掉了浏览器标签页或应用：最常见的原因，无害。",
    "alternatives.program-ended": "程序崩溃或被杀掉了。看它的日志、dmesg 和退出状态。",
    "alternatives.proxy-idle-timeout": "途中的代理或负载均衡因会话空闲太久而断开：拿它的空闲超时与之前的静默时间对比。",
    "alternatives.proxy-drops-expect": "途中的代理吞掉了这个头，或者吞掉了 100 Continue。",
    "alternatives.client-busy": "与询问无关，只是客户端准备正文慢。",
    "alternatives.smuggling-tried": "有人想让请求绕过检查请求的代理：这个请求是谁写的？",
    "alternatives.field-set-twice": "老旧或自己写的程序把字段设错了：是不是每个消息都这样？",
    "alternatives.proxy-added-field": "代理自己加了一个字段：在它前面抓包看看。",
    "alternatives.body-quotes-request": "消息体里引用了一个请求，比如日志或测试。",
}
