"""“追踪流”的文字：命令与界面。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.side.client": "客户端",
    "follow.side.server": "服务端",
    "follow.head": "{side} {end}  #{frame}  {seconds} 秒",
    "follow.head-unseen": "{side} {end}  数据包未捕获",
    "follow.gap.not-captured.one": "此处有 {count} 字节没有捕获到",
    "follow.gap.not-captured.many": "此处有 {count} 字节没有捕获到",
    "follow.gap.truncated.one": "此处有 {count} 字节被 snaplen 截掉",
    "follow.gap.truncated.many": "此处有 {count} 字节被 snaplen 截掉",
    "follow.gap.pending.one": "此处还差 {count} 字节未到",
    "follow.gap.pending.many": "此处还差 {count} 字节未到",
    "follow.raw-gaps": "抓包中缺 {gaps} 处共 {count} 字节，输出时已略过",
}
