"""merge 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.merge": """\
名称
  tcptui merge：{summary}

用法
  tcptui merge A B [--json] [--assume-symmetric]

说明
  A 和 B 是同一流量在两个地方的抓包，例如客户端和服务端。连接和数据包按序列号与
  内容配对，因此经过地址转换、时钟相差几小时也能用。

  对两个时钟，给出任何数据包都不与之矛盾的偏差区间、漂移和跳变；对每条连接，给出
  哪些数据包在 A、B 之间丢失，哪些是某一边漏抓，两个方向比最快的数据包多花多少
  时间，途中改动了什么。

  对最慢的响应和握手，给出等待时间中有多少在较远的抓包点之后（例如服务端），多少在
  A、B 之间。去程和回程各是一个范围，与时钟偏差的区间一样宽；两者之和是精确的。

  只有一边有的数据包分三种：
    丢失    发送方不得不重传，或者始终没有到达，而另一边的抓包没有漏抓的迹象
    漏抓    接收方在副本经过另一抓包点之前就已确认，或者它在途中先经过了那里
    不明    以上都无法证明

  代理会结束一条连接、再开始另一条：两条都列出，其数据包不配对。

选项
  --json      一个 JSON 对象。偏差是 B 的时间要加上多少秒才是 A 的时间；抓包点的
              偏差是 A 的时间为 at 时的值。frame 是数据包在它那份文件中的编号。
              时延从所有连接中最快的数据包算起，即可能的最小值。waits 列出两份抓包
              都有的每个响应
  --assume-symmetric
              假定两个方向耗时相同，此时时延是绝对值。凡是依赖这一假定的结果都会
              注明

示例
  tcptui merge client.pcap server.pcap
  tcptui merge client.pcap server.pcap --json

退出状态
  0 完成；1 输入失败，或两份抓包没有共同的连接；2 用法错误
""",
    "cli.error.merge-two": "merge 后面要写两份抓包，两个地方各一份",
    "cli.error.merge-itself": "{a} 和 {b} 是同一个文件，没有可合并的内容",
    "cli.error.merge-copy": "{a} 和 {b} 的数据包与时间完全相同，其中一份是另一份的副本",
    "cli.error.merge-nothing": "{a} 和 {b} 没有共同的 TCP 连接",
}
