"""graph 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.graph": """\
名称
  tcptui graph：{summary}

用法
  tcptui graph 文件 --stream N [--kind 种类] [--side client|server]
               [--text | --csv | --svg 输出文件]

说明
  按时间画出一个连接。画的是客户端的数据、服务端的数据；不写 --side 则两者都画。
  重传的原因由 tcptui 判定，其余数字若无说明，均与 Wireshark 相同。

种类
  sequence    时间-序列号图（默认）：报文段、每次重传及其原因、ACK、窗口右沿、
              SACK 块、漏抓
  throughput  每秒发送的字节数和每秒得到确认的字节数
  rtt         每一个往返时间、按 RFC 6298 的平滑值、握手的往返时间
  window      接收窗口与在途字节
  flight      在途字节，一按 Wireshark 的算法，二除去 SACK 报告过的全部字节；
              能看出拥塞窗口时也画出

选项
  --stream N  连接的编号（tcp.stream）
  --text      字符图，默认
  --svg 文件  SVG 图，适合浅色和深色背景，不含脚本；- 表示标准输出。不会覆盖已有
              的文件
  --csv       第一行是列名，之后每行一条；未知的值留空。
              先是 time,side,frame，之后按种类：
                sequence    kind,low,high,cause
                throughput  bytes_per_s,acked_per_s
                rtt         rtt,smoothed
                window      window,in_flight
                flight      in_flight,in_flight_sack,cwnd
              时间以秒计，time 从本连接首个数据包算起。side 是数据所属的一端，
              frame 是得出该值的数据包：ACK 的包由另一端发出。window 与
              in_flight 即 tcp.window_size 与 tcp.analysis.bytes_in_flight
  --spreadsheet-safe
              同 tcptui packets；这里的单元格都是数字和固定的词，不会被当作公式

示例
  tcptui graph a.pcap --stream 3
  tcptui graph a.pcap --stream 3 --kind rtt --side server --csv
  tcptui graph a.pcap --stream 3 --svg stalls.svg

退出码
  0 完成；1 输入有误，或输出文件已存在；2 用法错误
""",
    "cli.error.kind": "--kind {value}：可用的有 {known}",
}
