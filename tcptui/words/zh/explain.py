"""一条连接的依据（explain 命令的输出）所用的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "explain.shared.heading": "与其他连接共有的问题",
    "explain.packets.heading": "引用的数据包",
    "explain.packets.time": "秒",
    "explain.packets.from": "来自",
    "explain.packets.info": "内容",
    "explain.packets.left-out": "另有 {n} 处引用未列出。",
    "explain.filters.heading": "Wireshark 显示过滤器",
    "explain.filters.connection": "这条连接：{filter}",
    "explain.filters.problems": "其中带判定的数据包：{filter}",
    "explain.filters.community-id": "在 Zeek、Suricata 等工具中（Community ID）：{name}",
    "explain.filters.cited": "引用的数据包：{filter}",
}
