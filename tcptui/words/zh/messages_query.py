"""关于查询扫描结果的消息。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.query_unreadable": "{path} 里的扫描读不了：{reason}",
    "messages.query_no_scan": "{path} 里没有扫描，请先用 tcptui scan 写出",
    "messages.query_newer": "{path} 里的扫描是更新版本的 tcptui 写的，请升级 tcptui 或重新扫描",
    "messages.query_outside": "{path} 不是 {folder} 下面的普通文件，请把扫描复制成不含链接的目录",
    "messages.query_select": "query 只读：请写一条 SELECT（或 FROM、WITH、DESCRIBE、SUMMARIZE、SHOW TABLES）",
    "messages.query_sql": "SQL 有错：{reason}",
    "messages.query_refused": "SQL 要做的事 query 不允许：{reason}",
    "messages.query_memory": "结果需要的内存太多，请减少行或列",
    "messages.query_failed": "查询失败：{reason}",
}
