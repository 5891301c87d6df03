"""标记与备注、切片的提示文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.notes_damaged": "{path} 已损坏，其中的标记和备注无法显示；文件保持原样，请修复或移走它",
    "messages.notes_foreign": "{path} 不是 tcptui 的备注文件；文件保持原样，如需为本抓包保存备注，请先移走它",
    "messages.notes_newer": "{path} 由更新版本的 tcptui 写成，当前版本无法读取；文件保持原样",
    "messages.notes_of_another": "{path} 属于另一个同名的抓包文件；文件保持原样，其中的备注不予显示",
    "messages.notes_several": "{name}：标记和备注保存在单个文件旁，而这里有多个文件；请逐个查询",
    "messages.notes_unreadable": "无法读取 {path}：{reason}；其中的标记和备注不予显示",
    "messages.notes_unwritable": "只保留到程序退出：{reason}；标记和备注本应写入 {path}",
    "messages.slice_link_types": "这些数据包有 {count} 种链路类型，一个 pcap 文件装不下；请写入以 .pcapng 结尾的文件",
}
