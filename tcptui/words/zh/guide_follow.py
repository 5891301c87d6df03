"""在流中查找时输入行的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.find": "要查找的文字；字节写成 0x0d0a",
}
