"""Words of marks and notes on the screen, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "notes.heading": "你的备注",
    "notes.nothing": "没有选中可以标记的内容。",
    "notes.no_file": "标记和备注要存在文件旁边：先按 w 保存，再打开它。",
    "notes.no_place": "案例的标记和备注存放在你自己的状态目录中，而该目录不可用。",
    "notes.mark.connection": "已标记连接 {connection}，保存在 {file}。",
    "notes.mark.packet": "已标记 {packet} 号包，保存在 {file}。",
    "notes.text.connection": "连接 {connection} 的备注已保存在 {file}。",
    "notes.text.packet": "{packet} 号包的备注已保存在 {file}。",
    "notes.none.connection": "连接 {connection} 已没有标记和备注。",
    "notes.none.packet": "{packet} 号包已没有标记和备注。",
}
