"""本机内核对一条连接的看法（按 `o`）。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "kernel.title": "连接 {stream}：内核的记录与数据包对照，每秒查询一次",
    "kernel.hint.scroll": "滚动",
    "kernel.packets": "数据包说明了什么",
    "kernel.asking": "正在询问内核……",
    "kernel.failed": "内核没有回答：{reason}",
    "kernel.not_here": "o 只用于 Linux 上对本机的实时抓包。",
    "kernel.select": "请先选中一条连接。",
    "kernel.none": "本机没有这条连接的套接字。",
    "kernel.none_why": "它属于别的主机，或者在另一个网络命名空间里（例如容器），又或者连接已经结束、连 TIME-WAIT 也过了。",
    "kernel.another": "这组地址和端口现在属于另一条连接：内核的计数与这条连接对不上。",
    "kernel.another_known": "这组地址和端口现在属于另一条连接，即本次抓包的第 {stream} 号；在那条连接上按 o 可以看到它的套接字。",
    "kernel.client": "客户端",
    "kernel.server": "服务端",
    "kernel.heading": "{side} {endpoint}",
    "kernel.name.state": "状态",
    "kernel.name.owner": "归属",
    "kernel.name.group": "控制组",
    "kernel.name.round_trip": "往返时间",
    "kernel.name.window": "拥塞窗口",
    "kernel.name.sent_again": "重传",
    "kernel.name.queues": "滞留字节",
    "kernel.name.busy": "发送",
    "kernel.state.same": "{kernel}，与数据包所示一致",
    "kernel.state.both": "{kernel}；按目前看到的数据包是 {ours}",
    "kernel.state.differs": (
        "{kernel}，而数据包显示的是 {ours}，并且上次查询以来没有新的包：要么使它转换状态的包没有抓到，"
        "要么是内核自行转换的（定时器到期，或者关闭时没有发包）"
    ),
    "kernel.user": "用户 {user}；本程序没有特权，看不到由哪个进程持有（以 root 身份执行 ss -tnp 可见）",
    "kernel.program": "{program}（进程 {pid}），用户 {user}",
    "kernel.placed": "{owner}，位于 {place}",
    "kernel.unknown": "尚未测得",
    "kernel.round_trip": "平滑值 {smoothed}，最小 {least}；重传超时 {timeout}。按数据包测得的最小值：{ours}",
    "kernel.round_trip_ours": "按数据包测得的最小值：{ours}",
    "kernel.window": "{window} 个报文段；还没有慢启动门限，说明从未丢过包",
    "kernel.window_threshold": "{window} 个报文段；慢启动门限 {threshold}",
    "kernel.sent_again": "自连接建立以来重传 {count} 个报文段；目前认为丢失的有 {lost} 个",
    "kernel.queues": "已发出或待发、尚未得到确认 {unacknowledged} 字节；已收到、尚未读取 {unread} 字节",
    "kernel.busy": "发送共忙碌 {busy}；其中 {window}% 受对端窗口所限，{buffer}% 受自身发送缓冲区所限",
    "kernel.note": "内核从连接建立时起计数；这里的数据包只从开始抓包时算起。",
}
