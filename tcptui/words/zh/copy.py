"""复制（`y`）的文字去了哪里。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "copy.sent.file": "已复制（需终端允许），另存于 {path}，退出时删除",
    "copy.sent.nowhere": "已复制 {size} 字节（需终端允许）。",
    "copy.tmux.file": "已复制到 tmux 及其终端，另存于 {path}，退出时删除",
    "copy.tmux.nowhere": "已复制 {size} 字节到 tmux 及其终端。",
    "copy.long.file": "共 {size} 字节，剪贴板最多容纳 {most}；全文在 {path}，退出时删除",
    "copy.long.nowhere": "没有复制：共 {size} 字节，终端剪贴板最多容纳 {most}。",
    "copy.none.file": "此终端没有剪贴板；内容在 {path}，退出时删除",
    "copy.none.nowhere": "没有复制：此终端没有剪贴板，也无法写入文件。",
    "copy.of_connection": "{file}，连接 {stream}，{client} → {server}，开始于 {time}",
    "copy.of_packet": "{file}，包 {frame}，连接 {stream}，{client} → {server}，{time}",
}
