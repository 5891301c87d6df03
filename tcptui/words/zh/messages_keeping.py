"""边抓包边写文件时可能出的问题。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.output_link_types": "{path}：数据包的链路类型不止一种，一个 pcap 文件放不下，文件到此为止",
    "messages.output_one_name": "用 -G 时，-w 的文件名里要有时间，否则后一个文件会覆盖前一个；例如 {path}-%Y%m%d-%H%M%S",
}
