"""实时抓包途中遇到的情况，以及被中断的抓包。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.kernel_trace_denied": "--kernel 要读取内核的跟踪事件，需要 root 权限：{command}",
    "messages.kernel_trace_refused": "--kernel：此内核不提供跟踪事件：{reason}",
    "messages.leftover_foreign": "{path} 不是你被中断的抓包；用 tcptui recover 可列出",
    "messages.leftover_in_use": "{path} 属于仍在进行的抓包，或已在另一个 tcptui 中打开",
    "messages.interface_back_again": (
        "接口 {interface} 从 {first} 起共消失 {count} 次，最近一次是 {since} 到 {until}；其间无从抓包"
    ),
    "messages.leftover_stays": "无法删除 {path}，请手动删除",
    "messages.leftover_none": "没有编号为 {number} 的被中断抓包；用 tcptui recover 可列出",
    "messages.leftover_kept": "没有删除任何抓包（{count} 个都还在）；加 --yes 可不经询问直接删除",
    "messages.leftover_which": "被中断的抓包有 {count} 个，请指明是哪一个：tcptui recover 1 -w 文件",
    "messages.interface_is_down": "接口 {interface} 已被停用；重新启用之前不会有数据包",
    "messages.interface_away": "接口 {interface} 在 {since} 消失；等它回来就继续抓包，之前的内容都在",
    "messages.interface_back": "接口 {interface} 从 {since} 到 {until} 不在，这期间无从抓包",
}
