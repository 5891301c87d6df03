"""query 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.query": """\
名称
  tcptui query：{summary}

用法
  tcptui query 目录 "SQL" [--csv [--spreadsheet-safe] | --jsonl]
  tcptui query 目录 名称 [参数=值…] [--csv [--spreadsheet-safe] | --jsonl]
  tcptui query --list [--jsonl]

说明
  查询 tcptui scan 写在目录里的表：可以写一条 DuckDB 的 SELECT 语句，也可以用现
  成的查询名称。表有 captures、connections、findings、requests、hosts_minutes、
  packets；扫描时没有写的表是空表。时间为 UTC。DESCRIBE connections 列出一张表的
  各列。subnet(client_ip, 24, 64) 是地址所在的网段，两个数字是 IPv4 和 IPv6 的位
  数。

  SQL 只读这些表的文件，不打开其他文件，不连网络，也不写任何东西。最多使用可用内
  存的一半。

  需要 DuckDB：pip install 'tcptui[query]'。

选项
  --list              列出现成的查询，以及参数和默认值；加 --jsonl 还给出 SQL
  --csv               逗号分隔，带标题行
  --spreadsheet-safe  与 --csv 同用，供电子表格打开：会被当成公式的单元格前
                      面加撇号
  --jsonl             每行一个 JSON 对象
                      文本形式会截短很长的单元格，CSV 和 JSON 不会。

示例
  tcptui query scan worst-servers
  tcptui query scan first-seen finding=zero-window
  tcptui query scan "SELECT id, count(*) FROM findings GROUP BY id" --csv

退出状态
  0 完成，没有结果行也算；1 目录读不了，或内存不够；2 用法错误或 SQL 有错
""",
    "cli.error.query-where": "query 要写明扫描所在的目录",
    "cli.error.query-what": "query 要写查询名称（见 tcptui query --list）或 SQL",
    "cli.error.query-name": "没有名为 {name} 的查询，见 tcptui query --list",
    "cli.error.query-name-near": "没有名为 {name} 的查询，是不是 {near}？",
    "cli.error.query-parameter": "{word}：{question} 的参数写成 参数=值，可用的参数有 {known}",
    "cli.error.query-no-parameters": "{word}：{question} 没有参数",
    "cli.error.query-quotes": "SQL 要用引号括成一个词，后面多了 {word}",
    "cli.error.query-duckdb": "query 需要 DuckDB，尚未安装：pip install 'tcptui[query]'",
}
