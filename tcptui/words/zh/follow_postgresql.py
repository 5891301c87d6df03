"""Headings of the messages of PostgreSQL where a stream is followed, in Chinese."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.postgresql-message": "PostgreSQL：{type}",
    "follow.part.postgresql-body": "PostgreSQL：{type}，{count} 字节，不显示",
    "follow.part.postgresql-rows": "PostgreSQL 数据行：{count} 行，{bytes} 字节",
    "follow.part.postgresql-rows-hidden": "PostgreSQL 数据行：{count} 行，{bytes} 字节；可能含有机密，因此不显示",
    "follow.part.postgresql-data": "PostgreSQL COPY 数据：{count} 条消息，{bytes} 字节",
    "follow.part.postgresql-data-hidden": "PostgreSQL COPY 数据：{count} 条消息，{bytes} 字节；可能含有机密，因此不显示",
    "follow.part.postgresql-ready-idle": "PostgreSQL：Ready for query；没有打开的事务",
    "follow.part.postgresql-ready-open": "PostgreSQL：Ready for query；事务尚未结束",
    "follow.part.postgresql-ready-failed": "PostgreSQL：Ready for query；事务已失败，只能回滚",
    "follow.part.postgresql-error": "PostgreSQL 错误 {code}",
    "follow.part.postgresql-notice": "PostgreSQL 提示 {code}",
    "follow.part.postgresql-unread": "{count} 字节未按 PostgreSQL 解析：无法确定消息从哪里开始",
}
