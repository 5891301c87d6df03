"""Words of what fills lines left over, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "below.packets": "{stream} 号连接的数据包",
    "below.traffic": "整个抓包随时间的变化",
    "below.talkers": "字节最多的主机",
    "below.talkers.one": "{size}  {packets} 个包  {connections} 条连接",
}
