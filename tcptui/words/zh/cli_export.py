"""``export`` 命令行的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.export.line": "{packet:>8}  {size:>14}  {type:28}  {name:32}  {source}",
    "cli.export.not-whole": "{line}  （不完整：{why}）",
    "cli.export.none": "在读到的内容里，没有通过 HTTP 传输的文件",
    "cli.export.uncaptured": "没有抓到任何字节、因此未列出的文件：{n} 个",
    "cli.export.left-out": "文件太多，一次列不完：略去了 {n} 个；可以用 --stream 指定一条连接",
    "cli.export.written": "已将 {n} 个文件写入 {folder}",
}
