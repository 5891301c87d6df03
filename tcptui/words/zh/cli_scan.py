"""scan 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.scan": """\
名称
  tcptui scan：{summary}

用法
  tcptui scan 路径… -o 目录 [--workers N] [--resume] [--packets]

说明
  分析路径下的每份抓包，在目录里写出 Parquet 表：captures（抓包）、connections
  （连接）、findings（结论）、requests（请求）、hosts_minutes（按主机和分钟的合
  计）。路径可以是文件、目录（包括所有下级目录）或加引号的通配符。目录里不是抓包
  的文件会跳过。结论与 tcptui report 相同。

  环形抓包的多个文件（tcpdump -C、-G、-W，dumpcap -b）算作一份抓包，因此跨两个文
  件的连接是一条连接。内容相同的文件只分析一次。

  每份抓包在单独的进程里分析，时间和内存都有上限。读不了的文件在 captures 里占一
  行并写明错误，不影响其他文件。许多抓包完成之后或全部完成时，行才出现在表里。

  需要 pyarrow：pip install 'tcptui[scan]'。各列的含义见手册。

选项
  -o 目录             写到哪里：新目录或空目录
  --workers N         用 N 个进程；不写则每个处理器一个
  --resume            接着目录里的扫描做：已完成的不再分析，有变化、变长或失败的
                      文件重新分析
  --packets           另外为每个数据包写一行

示例
  tcptui scan /var/captures -o scan
  tcptui scan '/mnt/*/ring-*.pcap.zst' -o scan --resume

退出状态
  0 完成；1 有抓包损坏或失败、有目录读不了，或输出目录写不了；2 用法错误
""",
    "cli.error.scan-what": "scan 要写明抓包文件或放抓包的目录",
    "cli.error.scan-where": "scan 要用 -o 写明输出目录",
    "cli.error.scan-stream": "scan 只读写文件和目录，不用标准输入和标准输出",
    "cli.error.scan-url": "{value}：scan 只读本机的文件和目录，请先复制或挂载",
    "cli.error.scan-pyarrow": "scan 需要 pyarrow，尚未安装：pip install 'tcptui[scan]'",
}
