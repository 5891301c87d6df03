"""主界面与帮助中有关文件列表的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.export": "通过 HTTP 传输的文件：查看、导出",
}
