"""导出文件时的错误。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.export_folder": "{path} 不能用作导出目录：{reason}",
    "messages.export_foreign": "{path} 不用作导出目录：{link} 是其他用户的链接；请直接给出它指向的目录",
    "messages.export_failed": "无法把 {name} 写入 {path}：{reason}；此前写好的文件都是完整的",
    "messages.export_bound": (
        "写入 {path} 的文件合计将超过上限 {most} MB：其余文件没有写入，已写入的都是完整的；可用 export --out-limit 大小 另设上限。"
    ),
    "messages.export_full": "{path} 放不下 {name}：{reason}；此前写好的文件都是完整的",
}
