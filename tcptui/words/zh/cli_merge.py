"""merge 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.merge": """\
名称
  tcptui merge：{summary}

用法
  tcptui merge A B [--json] [--html PAGE] [--assume-symmetric] [-w OUT]
                   [--overwrite]
  tcptui merge A B C… [--json] [--assume-symmetric]
  tcptui merge OUT [--json] [--html PAGE] [--assume-symmetric]
  tcptui A B --merge [--assume-symmetric]   在界面上显示

说明
  A 和 B 是同一流量在两个地方的抓包，例如客户端和服务端。连接和数据包按序列号与
  内容配对，因此经过地址转换、时钟相差几小时也能用。

  对两个时钟，给出任何数据包都不与之矛盾的偏差区间、漂移和跳变；对每条连接，给出
  哪些数据包在 A、B 之间丢失，哪些是某一边漏抓，两个方向比最快的数据包多花多少
  时间，途中改动了什么。

  对最慢的响应和握手，给出等待时间中有多少在较远的抓包点之后（例如服务端），
  多少在 A、B 之间。去程和回程各是一个范围，与时钟偏差的区间一样宽；两者之和
  是精确的。

  一份抓包中的发现由另一份来判定：得到证实、原因已明、范围缩小（排除了一些原因）
  或撤回。本要靠另一份抓包判断、这一对却判定不了的，逐一列出；其余判定不了的，
  不下结论。

  只有一边有的数据包分四种：
    丢失    发送方不得不重传，或者始终没有到达，而另一边的抓包没有漏抓的迹象
    漏抓    接收方在副本经过另一抓包点之前就已确认，或者它在途中先经过了那里
    复制    在 A、B 之间多出来的第二份，IP 标识和时间戳与第一份相同
    不明    以上都无法证明

  代理会结束一条连接、再开始另一条：两条都列出，其数据包不配对。

  -w 把两份抓包的所有数据包写进一个 pcapng，每个地方各用自己的接口。时间保持各自
  时钟的原样，时钟的比较结果写在文件的注释里。单独给出这样的文件，就按两份抓包
  来读。

  界面上先列出连接，问题最重的在前；按 Enter 看其中一条的数据包在 A、B 之间的
  往来：箭头断在丢失的地方，漏抓的一侧画成虚线，无法证明的标问号。按 a 或 b 在各
  自的抓包中打开该数据包。

  三到八份抓包按数据包经过各抓包点的顺序逐段合并；看不出先后的，按给出的顺序。
  某一点没有、而它两侧都有的数据包，是那里漏抓。JSON 中每条流有 hops。

选项
  --json      一个 JSON 对象。偏差是 B 的时间要加上多少秒才是 A 的时间；抓包点的
              偏差是 A 的时间为 at 时的值。frame 是数据包在它那份文件中的编号。
              时延从所有连接中最快的数据包算起，即可能的最小值。waits 列出两份抓
              包都有的每个响应，findings 是两份抓包共同判定的发现
  --html PAGE 写成一个自足的网页，代替文字报告，并画出问题最多的连接在 A、B 之间
              的数据包；- 表示标准输出
  --assume-symmetric
              假定两个方向耗时相同，此时时延是绝对值。凡是依赖这一假定的结果都会
              注明
  -w OUT      另把两份抓包写入 OUT（pcapng）。数据包按 A 的时钟排列，保留注释；
              文件里的名称和密钥也保留。没有 --overwrite 不覆盖任何文件，输入
              文件则从不覆盖
  --overwrite
              OUT 和 PAGE 可以覆盖已有的文件

示例
  tcptui merge client.pcap server.pcap
  tcptui merge client.pcap server.pcap --json
  tcptui merge client.pcap server.pcap -w both.pcapng
  tcptui merge both.pcapng --html report.html
  tcptui client.pcap server.pcap --merge

退出状态
  0 完成；1 输入失败，或两份抓包没有共同的连接；2 用法错误
""",
    "cli.error.merge-one": "{file} 只是一个地方的抓包：merge 要两份，或者一份由 tcptui merge -w 写出的文件",
    "cli.error.merge-pcapng": "merge 写出的是 pcapng，文件名不能以 .pcap 结尾，也不能是标准输出：{file}",
    "cli.error.merge-two": "{command} 需要两份抓包，两个地方各一份",
    "cli.error.merge-screen-two": "--merge 只能显示两份抓包，目前还不能再加上 {word}",
    "cli.error.merge-two-only": "{option} 只用于两份抓包：合并三份以上时不要带它",
    "cli.error.merge-itself": "{a} 和 {b} 是同一个文件，没有可合并的内容",
    "cli.error.merge-copy": "{a} 和 {b} 的数据包与时间完全相同，其中一份是另一份的副本",
    "cli.error.merge-nothing": "{a} 和 {b} 没有共同的 TCP 连接",
    "cli.error.merge-nowhere": "这 {count} 份抓包没有共同的 TCP 连接",
}
