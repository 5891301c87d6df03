"""抓包全程窗格的词句。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "glance.packets": "{rate} 包/秒",
    "glance.bits": "{rate}bit/s",
    "glance.span": "共 {time}",
    "glance.nothing": "还没有数据包。",
    "glance.none": "这个抓包里没有数据包。",
    "glance.between": "{begin} 至 {end}：{n} 个包，{size}B",
    "glance.chosen": "只显示 {begin} 至 {end}",
    "glance.hint.stretch": "选取时段",
}
