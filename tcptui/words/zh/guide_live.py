"""实时抓包的文字：保存、重新开始、另选接口或过滤表达式。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.save": "新文件的名称",
    "guide.prompt.slice": "新文件名（pcapng，或 .pcap）",
    "guide.start.filter": "过滤",
    "guide.start.filtered": "{title}：{filter}",
    "guide.start.key.filter": "过滤",
    "guide.start.key.take": "采用",
    "guide.start.filter_about": "要抓哪些包，写法与 tcpdump 相同：tcp port 443 and host 192.0.2.7",
    "guide.start.filter_good": "libpcap 看得懂。按 Enter，接下来打开的接口就用它。",
    "guide.start.filter_none": "没有过滤表达式：抓取全部数据包。",
    "guide.start.filter_wrong": "libpcap 说：{reason}",
}
