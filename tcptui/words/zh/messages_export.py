"""导出文件时的错误。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.export_folder": "{path} 不能用作导出目录：{reason}",
    "messages.export_failed": "无法把 {name} 写入 {path}：{reason}；此前写好的文件都是完整的",
    "messages.export_full": "{path} 放不下 {name}：{reason}；此前写好的文件都是完整的",
}
