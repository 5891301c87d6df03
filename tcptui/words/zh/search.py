"""Words of the search through the whole capture, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "search.in.streams": "各连接传输的内容",
    "search.in.packets": "各包的字节",
    "search.in.headers": "各包的首部",
    "search.in.findings": "诊断结论",
    "search.bar.none": "查找范围：{place}（Tab 换一处）",
    "search.bar.running": "在{place}中查找 {text}：目前 {n} 处，已查 {done}/{all}",
    "search.bar.found": "在{place}中查找 {text}：{n} 处",
    "search.bar.full": "在{place}中查找 {text}：前 {n} 处，可能还有更多",
    "search.bar.failed": "在{place}中查找 {text}：{n} 处，之后抓包无法读取（{reason}）",
    "search.empty.none": "还没有查找过。",
    "search.empty.running": "正在查找。",
    "search.empty.nothing": "{place}中没有 {text}。按 Tab 换一处查找。",
    "search.column.packet": "包号",
    "search.column.time": "时间",
    "search.column.connection": "连接",
    "search.column.text": "所在内容",
    "search.notice.hit": "第 {number} 处，共 {count} 处：{text}",
    "search.notice.left": "第 {number} 处（共 {count} 处）所在的包已移出：最早的包要给新包腾地方。",
    "search.notice.over": "n 和 N 重新用于跳到问题。",
    "search.hint.open": "转到该包",
    "search.hint.place": "换一处查找",
    "search.hint.edit": "换个文字",
    "search.hint.next": "下一处",
    "search.hint.previous": "上一处",
    "search.hint.over": "结束查找",
    "search.key.arrows": "移动光标",
    "search.key.page": "翻页",
    "search.key.ends": "跳到第一处或最后一处",
    "search.key.open": "转到该处所在的包；此后 n 和 N 转到其他各处，直到按 Esc",
    "search.key.edit": "换个文字，或查找字节（0x0d0a）",
    "search.key.next_place": "换一处查找：连接内容、包、首部、诊断结论",
    "search.key.previous_place": "换回上一处查找",
    "search.key.copy": "复制各处，每处一行",
    "search.key.close": "回到连接列表",
    "search.key.help": "帮助",
}
