"""query 的输出文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "query.none": "没有结果",
}
