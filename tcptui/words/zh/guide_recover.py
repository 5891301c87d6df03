"""启动界面中与被中断的抓包有关的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.start.leftovers": "被中断的抓包",
    "guide.start.leftover": "{date} 的抓包",
    "guide.start.leftover_about": "{size} 字节，最后一个数据包写于 {date}；程序在保存之前就结束了。",
    "guide.start.enter_leftover": "按 Enter 打开；保存或删除之前会一直留着：",
    "guide.start.leftovers_folded": "{count} 个抓包，最近一次 {date}",
    "guide.start.enter_leftovers": "按 Enter 列出；保存或删除之前会一直留着。",
}
