"""跟踪流时 memcached 消息的标题。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.memcached-message": "memcached {said}",
    "follow.part.memcached-message-values": "memcached {said}，值 {count} 字节不显示",
    "follow.part.memcached-unread": "{count} 字节没有按 memcached 解读：无法确定消息从哪里开始",
}
