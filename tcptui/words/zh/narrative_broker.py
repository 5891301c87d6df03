"""broker 为何关闭的句子。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "narrative.broker.words": "原话是：“{text}”。",
    "narrative.broker.method": "它指明的方法是 {method}（最后一次在 {frame} 号包）。",
    "narrative.broker.unacked": "此时还有 {n} 条投递未确认。",
    "narrative.broker.unconfirmed": "此时还有 {n} 条发布的消息未得到 confirm。",
}
