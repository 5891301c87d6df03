"""起始界面、帮助、命令面板、输入行和案例面板的文字。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.crash.saved": "tcptui 意外退出（{what}）；报告不含数据包内容，已存到 {path}",
    "guide.crash.unsaved": "tcptui 意外退出（{what}）；报告未能保存",
}
