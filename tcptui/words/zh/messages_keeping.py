"""边抓包边写文件时可能出的问题。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.output_link_types": "{path}：数据包的链路类型不止一种，一个 pcap 文件放不下，文件到此为止",
}
