"""A program that is run for its connections (``-- CMD``)."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "program.not-run": "无法运行 {program}：{reason}",
    "program.lost": "运行 {program} 的进程被杀死，不知道程序如何结束",
    "program.by-group": "此处内核不报告该程序的连接；报告只含查到了所有者的连接",
    "program.by-process": "无法为该程序建立控制组；报告只含查到了所属进程的连接",
    "program.others": "略去其他程序的 {n} 个连接",
    "program.unknown": "略去 {n} 个所有者不明的连接",
    "program.uncaptured": "该程序有 {n} 个连接不在 {interface} 的抓包中：在别的网络命名空间或接口上，或者已丢失",
    "program.left": "该程序启动的 {n} 个进程仍在运行；它们之后的连接不在报告中",
}
