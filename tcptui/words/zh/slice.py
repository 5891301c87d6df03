"""切片中携带的文字，以及有关切片的提示。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "slice.comment": "{file} 的第 {number} 个数据包",
    "slice.note.packet": "{text}",
    "slice.note.connection": "连接备注：{text}",
    "slice.mark.packet": "已标记",
    "slice.mark.connection": "连接已标记",
    "slice.written": "共 {all} 个数据包，已将其中 {n} 个写入 {file}",
}
