"""explain 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.summary.explain": "一条连接连同全部依据，便于转交",
    "cli.help.explain": """\
名称
  tcptui explain：{summary}

用法
  tcptui explain FILE --stream N [--json | --markdown]

说明
  关于一条连接，同事、工单或程序需要的一切：各项测量值和时间花在哪里；每项结论
  的依据、把握、其他可能，以及怎样才能判定；它与其他连接共有的问题；这份抓包的
  可疑之处；各项结论引用的数据包；以及在 Wireshark 中显示这些内容的显示过滤器。

  每项结论最多引用 12 个数据包，总共最多 200 个。

选项
  --stream N     哪条连接，从 0 数起，与 Wireshark 相同
  --json         一个 JSON 对象。connection 的键与 report --json 相同；每项结论
                 有文字、数据包和过滤器；packets 说明每个数据包被哪些结论引用
                 （cited_by）
  --markdown     Markdown，用于工单

示例
  tcptui explain a.pcap --stream 3
  tcptui explain a.pcap --stream 3 --json

退出状态
  0 完成；1 输入失败，或没有这条连接；2 用法错误
""",
}
