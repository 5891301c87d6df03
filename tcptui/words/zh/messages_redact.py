"""关于 redact 密钥的提示。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.redact_key_unreadable": "密钥 {path} 读不了：{reason}",
    "messages.redact_key_no_file": "密钥 {path} 不是普通文件",
    "messages.redact_key_open": "密钥 {path} 不只属于你，起不到保护作用：请重新生成一个只有自己可读的（chmod 600）",
    "messages.redact_key_short": "密钥 {path} 不足 {least} 字节",
}
