"""Headings of the messages of DNS where a stream is followed, in Chinese."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.dns-question": "DNS 查询 {number}：{question}",
    "follow.part.dns-answer": "DNS 响应 {number}：{question}，{status}，{count} 条记录",
    "follow.part.dns-answer-alone": "DNS 响应 {number}（未见对应的查询）：{question}，{status}，{count} 条记录",
    "follow.part.dns-cut": "未抓到内容的 DNS 消息",
    "follow.part.dns-unread": "{count} 字节未按 DNS 解析：无法确定消息从哪里开始",
}
