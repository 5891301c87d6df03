"""跟踪流时 AMQP 帧的标题。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.amqp-frame": "AMQP {said}",
    "follow.part.amqp-body": "AMQP 内容体，{count} 字节，信道 {channel}",
    "follow.part.amqp-unread": "{count} 字节没有按 AMQP 解读：无法确定帧从哪里开始",
}
