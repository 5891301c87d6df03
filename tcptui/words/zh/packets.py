"""数据包列表的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "packets.column.number": "序号",
    "packets.column.time": "时间",
    "packets.column.source": "源",
    "packets.column.destination": "目的",
    "packets.column.protocol": "协议",
    "packets.column.length": "长度",
    "packets.column.info": "内容",
    "packets.unread": "{connections} 条连接的消息数超过读取上限：其中 {n} 个包可能缺少部分字段",
    "packets.cut": "有 {n} 个字段值只写到 {kib} KiB：抓包中的少量字节展开后超过了 {most} MiB",
}
