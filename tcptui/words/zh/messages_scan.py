"""扫描目录以及无法分析的抓包的消息。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.scan_exists": "{path} 里已有一次扫描：用 --resume 接着做，或换一个新目录",
    "messages.scan_not_empty": "{path} 不是空目录，里面也没有扫描：请换一个新目录",
    "messages.scan_in_use": "另一个扫描正在写 {path}",
    "messages.scan_other": "{path} 里的扫描表不同（--packets 或 tcptui 版本不一致）：请换一个新目录",
    "messages.scan_no_file": "{path} 不是普通文件",
    "messages.scan_memory": "{path} 需要的内存超出扫描中一个进程的上限",
    "messages.scan_time": "{path} 花的时间超出扫描中一个进程的上限",
    "messages.scan_died": "分析 {path} 的进程中途结束（{signal}）",
}
