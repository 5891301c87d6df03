"""Words of the overview screen, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "overview.title": "概览",
    "overview.live": "实时抓包",
    "overview.reading": "读取中",
    "overview.trust": "抓包质量：",
    "overview.trust.minor": "{n} 处轻微局限",
    "overview.capture.packets": "{n} 个数据包",
    "overview.capture.since": "{time} 起",
    "overview.traffic": "流量：",
    "overview.traffic.average": "平均 {bits}bit/s、{packets} 包/秒",
    "overview.traffic.now": "现在 {bits}bit/s",
    "overview.traffic.peak": "最高 {bits}bit/s",
    "overview.column.headline": "问题，最严重的在前",
    "overview.column.notes": "值得留意的",
    "overview.column.connections": "连接数",
    "overview.column.lost": "损失时间",
    "overview.column.since": "起始",
    "overview.connections": "涉及的连接，最严重的在前",
    "overview.connection": "{stream}  {client} {right} {server}",
    "overview.connection.lost": "{text}  损失 {lost}",
    "overview.connections.more": "另有 {n} 条：按 Enter 全部列出。",
    "overview.looking": "正在检查各条连接。",
    "overview.nothing-yet": "还没有 TCP 连接。",
    "overview.none-so-far": "目前各条连接均未发现问题。",
    "overview.none-yet": "目前未发现问题，仍在检查连接。",
    "overview.largest": "最大的连接",
    "overview.largest.one": "{size}  {packets} 个包  {duration}",
    "overview.one": "{stream} 号连接",
    "overview.looked-at.heading": "检查了：",
    "overview.looked-at": (
        "连接的建立与关闭、拒绝与重置、重传及其原因、乱序、窗口、两端的等待时间、保活、ICMP 差错、HTTP 响应，"
        "以及抓包本身是否完整。单条连接的注意项请看连接列表。"
    ),
    "overview.hint.narrow": "列出其连接",
    "overview.hint.explanation": "说明",
    "overview.hint.requests": "请求",
    "overview.hint.grouped": "按服务端",
    "overview.hint.groups": "问题分组",
    "overview.key.arrows": "移动光标",
    "overview.key.page": "翻页",
    "overview.key.ends": "跳到第一行或最后一行",
    "overview.key.narrow": "只列出该组的连接；在包号上则跳到那个包",
    "overview.key.explanation": "在问题分组与说明之间切换",
    "overview.key.other": "非 TCP 的包",
    "overview.key.requests": "整个抓包的请求",
    "overview.key.groups": "按服务端、端口、主机、主机对或诊断结论给连接分组",
    "overview.key.filter": "过滤连接：行内文字，或 Wireshark 显示过滤器",
    "overview.key.search": "在整个抓包中查找文字、字节或正则表达式",
    "overview.key.close": "回到连接列表",
    "overview.key.copy": "复制该组及其说明",
    "overview.key.help": "帮助，该组的术语排在最前",
}
