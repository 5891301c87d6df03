"""读取抓包文件在哪里停下，为什么停下。"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "session.not-a-capture": "{name} 不是 pcap 或 pcapng 抓包文件；请给出 tcpdump 或 Wireshark 保存的文件",
    "session.cut-short": "{name} 在第 {position} 字节处的一条记录中途截断；此前的 {packets} 个数据包均已显示",
    "session.record-too-large": "{name} 在第 {position} 字节处损坏：一条记录声称超过 262,144 字节；此前的 {packets} 个数据包已显示",
    "session.record-damaged": "{name} 在第 {position} 字节处损坏：块长度不合理；此前的 {packets} 个数据包已显示",
    "session.interface-unknown": (
        "{name} 在第 {position} 字节处顺序有误：数据包引用了尚未描述的接口；此前的 {packets} 个数据包已显示"
    ),
    "session.interfaces-too-many": "{name} 描述了 10,000 个以上的接口，到第 {position} 字节处为止；此前的 {packets} 个数据包已显示",
    "session.unknown-link-type": "{name} 的链路类型是 {link_type}，tcptui 不解码这种类型；其中的数据包列为“其他”",
    "session.times-out-of-range": "{name} 里有早于 1896-12-06 或晚于 2116-02-20 的时间；这些时间以较近的那个日期代替，与之相关的时长没有意义",
    "session.too-many-packets": "包的数量已达到这里能计数的上限，抓包到此为止；最新的包仍可查看。要继续，请重新开始抓包。",
    "session.memory-spent": (
        "{name} 中的数据包超出了本机内存所能容纳的数量：只显示前 {packets} 个。可在文件名后加过滤表达式，或用 Wireshark 的 editcap 先截取一部分。"
    ),
    "session.file-changed": "{name} 在打开之后被改动，不再从中读取内容。请重新打开。",
    "session.spool-unreadable": "{name} 无法继续读取（{reason}）；此前的 {packets} 个数据包已显示",
    "session.keylog-no-library": "密钥无法使用：解密 TLS 需要软件包 cryptography（pip install 'tcptui[tls]'）",
    "session.keylog-wrong-lines": "{name}：密钥日志中有 {count} 行无法识别，已略过；读入了 {connections} 条连接的密钥",
    "session.keylog-too-long": "密钥日志涉及的连接太多，只保留最新的 {most} 条",
    "session.judge-died": "负责判断连接的进程提前结束（{how}）；其余连接由 tcptui 自己继续判断。",
}
