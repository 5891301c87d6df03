"""跟踪流时 Kafka 消息的标题。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.kafka-message": "Kafka {said}",
    "follow.part.kafka-unread": "{count} 字节没有按 Kafka 解读：无法确定消息从哪里开始",
}
