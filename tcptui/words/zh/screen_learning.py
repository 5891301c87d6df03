"""学习功能的按键和提示。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.predict": "预测接下来会怎样，任何连接都可以",
    "screen.key.teach": "打开讲解光标所在内容的案例",
    "screen.hint.predict": "预测",
    "screen.hint.teach": "案例",
    "screen.hint.answer": "作答",
    "screen.hint.next_question": "下一题",
    "screen.hint.stop": "结束",
}
