"""``follow`` 命令行的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.error.which-stream": "要看哪条连接？{command} 需要用 --stream 指定连接编号（从 0 开始）",
    "cli.error.side": "--side 不认识 {value}，可选 client、server、both",
    "cli.error.raw-one-side": "--raw 只能输出一端的字节：请加上 --side client 或 --side server",
    "cli.error.raw-terminal": "--raw 原样输出字节，终端会把其中的控制字符当作指令执行：请重定向到文件或其他程序",
    "cli.error.no-stream-at-all": "{file} 中没有 TCP 连接",
}
