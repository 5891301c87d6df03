"""主屏幕上显示过滤器的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.lift": "暂停显示过滤器，再按恢复",
    "screen.key.context": "过滤时：也显示中间的包，或只显示匹配的包",
    "screen.list.filtered": "匹配 {shown} / {all}",
    "screen.ladder.matched": "流 {stream}，匹配 {matched} / {packets} 个包",
    "screen.filter.heading": "显示过滤器",
    "screen.filter.here": "此连接的 {packets} 个包中有 {matched} 个匹配过滤器 {filter}。",
    "screen.filter.matched": "匹配 {matched} / {packets} 个包，{shown} / {connections} 个连接",
    "screen.filter.absent_hidden": "{n} 个包没有 {name}：不显示",
    "screen.filter.absent_shown": "{n} 个包没有 {name}：照样显示",
    "screen.filter.outside": "{n} 个包不属于任何连接：按 u 查看",
    "screen.filter.take": "Tab：{filter}",
    "screen.filter.lift_key": "按 \\ 暂停",
    "screen.filter.lifted": "已暂停：{filter}   按 \\ 恢复",
    "screen.filter.none": "没有可暂停或恢复的过滤器；按 / 输入一个。",
    "screen.filter.none_here": "此连接没有匹配过滤器的包。",
    "screen.filter.no_connection": "没有连接含有匹配过滤器的包。按 \\ 暂停过滤器。",
    "screen.filter.working": "正在过滤：{done} / {all} 个包 …",
    "screen.filter.more_fields": "另有 {n} 个",
    "screen.filter.context": "中间的包也显示，颜色较淡。",
    "screen.filter.alone": "只显示匹配过滤器的包。",
    "screen.filter.nearest": "数据包 {frame} 被过滤器隐藏；这是最近的可见包 {nearest}。",
    "screen.filter.all_hidden": "数据包 {frame} 被过滤器隐藏，其余的也是。按 \\ 暂停过滤器。",
}  # fmt: skip
