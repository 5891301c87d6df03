"""扫描的进度和总结。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "scan.progress": "{n}/{of} 个文件，{bytes}/{all}，每秒 {rate} 个数据包",
    "scan.progress-left": "{n}/{of} 个文件，{bytes}/{all}，每秒 {rate} 个数据包，还需约 {left}",
    "scan.left": "做完 {n}/{of} 个文件后停下；已完成的保留，用 --resume 做完其余",
    "scan.unreadable": "{path} 无法读取",
    "scan.unreadable-more": "另有 {n} 个路径无法读取",
    "scan.already": "{n} 个文件此前已完成",
    "scan.passed-over": "跳过 {n} 个不是抓包的文件",
    "scan.captures": "抓包：{told}",
    "scan.status.read": "已读 {n}",
    "scan.status.damaged": "损坏 {n}",
    "scan.status.duplicate": "重复 {n}",
    "scan.status.failed": "失败 {n}",
    "scan.rows": "{connections} 条连接，{findings} 个结论，{requests} 个请求，{packets} 个数据包",
    "scan.written": "已写入 {folder}，用时 {time}",
}
