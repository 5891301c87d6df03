"""导览的文字：头几分钟里的一行提示。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "tour.lead": "提示",
    "tour.dismiss": "Del：下一条",
    "tour.hint.problem": "按 {key} 跳到下一个问题，从最严重的开始",
    "tour.hint.explain": "按 {key} 看发生了什么，依据何在",
    "tour.hint.timeline": "按 {key} 看这条连接的数据包",
    "tour.hint.hex": "按 {key} 看这个包的字段和字节",
    "tour.hint.stream": "按 {key} 看两端互相说了什么",
    "tour.hint.narrow": "按 {key} 只列出包含某个地址、状态等的行",
    "tour.hint.help": "遇到不懂的词、符号或按键，按 {key}",
    "tour.hint.palette": "按 {key} 可按名称查找所有命令",
    "tour.key.tour": "新手提示：关闭，或从头再来",
    "tour.key.tour_dismiss": "有提示时，换下一条",
    "tour.now.off": "已关闭",
    "tour.now.on": "已看 {done}/{all} 条",
    "tour.notice.off": "不再显示提示。按 Ctrl+P 可以重新打开。",
    "tour.notice.on": "提示从头开始。",
}
