"""时间花在哪（中文）。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "budget.heading": "时间花在哪",
    "budget.little": "<1%",
    "budget.share": "{part} {time}（{percent}）",
    "budget.join": "，",
    "budget.part.network": "网络",
    "budget.part.server_think": "服务端处理",
    "budget.part.client_think": "客户端处理",
    "budget.part.receive_window": "接收窗口",
    "budget.part.flow_control": "HTTP/2 流量控制",
    "budget.part.network_limited": "路径或拥塞窗口",
    "budget.part.sender": "发送程序",
    "budget.part.recovery": "丢包恢复",
    "budget.part.idle": "空闲",
    "budget.part.asked_to_wait": "按命令要求等待",
    "budget.part.unattributed": "未归类",
    "budget.turns.all": "共 {count} 轮问答",
    "budget.turns.slowest": "{count} 轮问答中最慢的 {shown} 轮",
    "budget.turn": "第 {number} 轮：{total}（网络 {network}，服务端 {server}，传输 {transfer}），之后 {client}才有下一轮",
    "budget.turn.asked": "第 {number} 轮：{total}（网络 {network}，服务端 {server}，传输 {transfer}，按命令要求等待 {asked}），之后 {client}才有下一轮",
    "budget.column.turn": "轮次",
    "budget.column.packet": "包号",
    "budget.column.total": "合计",
    "budget.column.network": "网络",
    "budget.column.server": "服务端",
    "budget.column.transfer": "传输",
    "budget.column.asked": "按命令等待",
    "budget.column.client": "之后停顿",
}
