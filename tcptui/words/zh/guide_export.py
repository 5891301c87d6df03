"""主界面与帮助中有关文件列表的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.folder": "目录名；不存在时会自动创建",
}
