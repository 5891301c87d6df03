"""设置相关的文字：``tcptui config``，以及配置文件里的错误。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "settings.about": """\
设置写在一个 TOML 文件里，每行一项：名称 = 值。
这个文件由你来写，tcptui 只往里添加你命名的过滤器。命令行选项优先于文件；
在界面上做的选择在程序退出前有效。""",
    "settings.file": "文件：{path}",
    "settings.no_file": "文件：{path}（尚不存在）",
    "settings.nowhere": "文件：无，因为找不到主目录。",
    "settings.written": "（来自文件）",
    "settings.remembered": "（上次在界面上选择）",
    "settings.default": "（默认）",
    "settings.how": "可以设置什么：tcptui config --help",
    "settings.values": "可选值：{values}",
    "settings.commands": "命令及其按键：",
    "settings.is_remembered": "文件里没有写时，沿用上次在界面上的选择。",
    "settings.doc.language": "界面语言；auto：由 LC_ALL、LC_MESSAGES 或 LANG 决定。--lang 优先。",
    "settings.doc.theme": "配色；16：终端自己的十六色；auto：颜色足够时用深色。",
    "settings.doc.times": "时间的零点：连接的第一个包、抓包的第一个包，或者显示时刻。",
    "settings.doc.names": "连接列表显示地址，还是抓包中 DNS 应答给出的名称。",
    "settings.doc.sort": "连接列表最初的排序；auto：文件里有问题时按问题排，否则按开始时间。",
    "settings.doc.columns": "连接列表里有空间时显示的列，写在前面的优先。",
    "settings.doc.packet_columns": '时序中自选的列：字段或表达式，例如：["ip.ttl", "tcp.len * 8"]',
    "settings.doc.connection_columns": '连接列表中自选的列，例如：["http.host", "max(tcp.len)", "tcp.len > 1000"]',
    "settings.doc.layout": "最多使用的布局；narrow：一次一个窗格；auto：由终端大小决定。",
    "settings.doc.tour": "头几分钟的提示，每条显示到用过它的按键为止，之后不再自己出现。",
    "settings.doc.first": "文件检查完且有问题时先显示什么：问题概览（overview）还是连接列表（list）。",
    "settings.doc.keys": "给主界面的命令换按键，例如：keys = {{ sort = 't', save = 'f2' }}",
    "settings.problem": "{path}：{what}",
    "settings.problems": "{path}：{what}；另有 {more} 处：tcptui config",
    "settings.fault.unreadable": "无法读取设置（{reason}），使用默认值",
    "settings.fault.too-long": "设置文件超过 {most} 字节，使用默认值",
    "settings.fault.garbled": "不是合法的 TOML（{reason}），使用默认值",
    "settings.fault.unknown": "没有 {name} 这项设置",
    "settings.fault.value": "{name} 不能是 {value}，使用默认值；可选值：{known}",
    "settings.fault.no-table": "{name} 不能是 {value}，它应当是命令与按键的表",
    "settings.fault.no-texts": "{name} 不能是 {value}，它应当是文字的列表",
    "settings.fault.no-command": "keys：{name} 不是可以换按键的命令",
    "settings.fault.no-key": "keys：{name} 不能用 {value}；按键是一个字符、space 或 f1 到 f12",
    "settings.fault.key-taken": "keys：{name} 不能用 {value}，它已经是别的按键",
    "settings.doc.filters": "带名称的显示过滤器，在过滤器输入行按 Tab 或按 Ctrl+P 使用，例如：filters = {{ resets = 'tcp.flags.reset == 1' }}",
    "settings.fault.no-filters": "{name} 不能是 {value}；它是名称和显示过滤器的表",
    "settings.fault.no-filter-name": "filters：{name} 不能作名称；名称由字母、数字、点和连字符组成，最多 40 个",
    "settings.fault.no-filter": "filters：{name} 不是过滤器的文本",
    "settings.fault.wrong-filter": "filters：{name} 有误：{message}",
}
