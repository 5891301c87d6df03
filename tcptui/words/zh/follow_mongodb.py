"""跟踪流时 MongoDB 消息的标题。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.mongodb-message": "MongoDB {said}",
    "follow.part.mongodb-unread": "{count} 字节没有按 MongoDB 解读：无法确定消息从哪里开始",
}
