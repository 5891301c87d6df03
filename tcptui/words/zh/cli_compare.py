"""compare 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.compare": """\
名称
  tcptui compare：{summary}

用法
  tcptui compare A B [-Y FILTER] [--group FIELD] [--json] [--html PAGE]
  tcptui compare FILE --split TIME [-Y FILTER] [--group FIELD] …
  tcptui compare FILE --a FILTER --b FILTER [-Y FILTER] [--group FIELD] …

说明
  A 和 B 是不同流量的抓包，例如两天的抓包。比较的是连接的含义：结论、握手、往返
  时间、按原因区分的重传、处理时间、吞吐量、握手时商定的选项，以及按语句归类的
  请求耗时和错误。

  每个差异先给出大小，再给出区间。区间由逐个去掉客户端（连同其全部连接）得到，
  因为同一客户端的连接彼此相似。一个客户端至多算十条连接，两边都有的客户端在两
  边的权重相同。由于同时比较许多项，报告哪些差异、区间多宽，是一起确定的
  （Benjamini-Hochberg）。少于约七个客户端时不作判断。

  其后列出只有一边才有的：结论、选项、服务端、语句。每行所列的连接编号是各自抓
  包中的编号。

  两者不能比较时会说明原因：抓包位置不同，端口、服务端或时段不同，服务端的比例
  不同，连接太少。

选项
  --split TIME
              一个文件：A 是在 TIME 之前开始的连接，B 是其余的。可写第一个数据包
              之后的秒数，或日期时间如 2026-11-30T09:05:00，不写时差即 UTC
  --a FILTER, --b FILTER
              一个文件：A 是有数据包匹配第一个过滤器的连接，B 是匹配第二个的；
              两者都匹配的不计
  -Y FILTER   两边都只取有数据包匹配的连接
  --group FIELD
              逐组比较：最初的数据包中某个字段取值相同的连接为一组，例如
              tcptui.server、tcptui.server.port、tcptui.client、
              ip.dsfield.dscp、http.host
  --json      一个 JSON 对象：differences 有 a、b、effect、worse 及其连接；
              时间以秒计，速率以每秒字节计
  --html PAGE 写成一个自足的网页，代替文字报告，并画出每个区间；- 表示标准输出
  --overwrite
              PAGE 可以替换已有文件
  --workers N 读取请求的进程数；默认与处理器数相同

示例
  tcptui compare monday.pcap tuesday.pcap
  tcptui compare monday.pcap tuesday.pcap --group tcptui.server --json
  tcptui compare today.pcap --split 2026-11-30T09:05:00
  tcptui compare today.pcap --a "ip.dst == 10.0.0.1" --b "ip.dst == 10.0.0.2"

退出状态
  0 完成，无论有无差异；1 输入失败，或某一边没有连接；2 用法错误
""",
    "cli.error.compare-two": "compare 需要两份抓包，或一份抓包加 --split TIME 或 --a FILTER --b FILTER",
    "cli.error.compare-one": "{option} 用于划分一份抓包：请只给一个文件，或去掉它",
    "cli.error.compare-both": "--a 和 --b 要一起用：每一边一个过滤器",
    "cli.error.compare-split-form": (
        "--split {value}：请写第一个数据包之后的秒数，或 2026-11-30T09:05:00 这样的日期时间"
    ),
    "cli.error.compare-itself": "{a} 和 {b} 是同一个文件：没有什么可比较",
    "cli.error.compare-copy": "{a} 和 {b} 在相同的时间有相同的连接：其中一份是另一份的副本",
    "cli.error.compare-no-tcp": "{file} 中没有可以比较的 TCP 连接",
    "cli.error.compare-empty": "A 和 B 各需要至少一条连接：其中一边没有",
    "cli.error.compare-nothing": "{file} 中没有连接匹配 {option}：请用 tcptui packets --count -Y 试试这个过滤器",
    "cli.error.compare-split": "--split {time} 使 {file} 的一边为空：其连接始于 {first} 至 {last}",
}
