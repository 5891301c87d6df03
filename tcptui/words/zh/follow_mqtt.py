"""跟踪流时 MQTT 报文的标题。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.mqtt-packet": "MQTT {said}",
    "follow.part.mqtt-message": "消息内容，{count} 字节",
    "follow.part.mqtt-unread": "{count} 字节没有按 MQTT 解读：无法确定报文从哪里开始",
}
