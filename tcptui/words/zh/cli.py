"""命令行的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help": """\
在终端里读懂一次 TCP 抓包。

  tcptui                          启动界面：网络接口、最近的文件、案例
  tcptui -i eth0 [BPF…]           实时抓包（any 表示所有接口）
  tcptui 文件…                    pcap、pcapng、.gz、.zst；多个文件按时间合并
  tcptui -r 文件 [BPF…]           只看文件中符合过滤表达式的数据包
  tcptui ssh://[用户@]主机/eth0 [BPF…]
                                  在远端运行 tcpdump，在本机查看
  … | tcptui -                    从标准输入读取抓包数据
  tcptui cases [--json] [词…]     列出自带的案例
  tcptui case ID                  打开其中一个，可写名称或编号
  tcptui verdicts 文件… --jsonl   每个 TCP 帧输出一个 JSON 对象
  tcptui report 文件... [--explain | --full | --stream N] [--json | --markdown]
                                  哪里有问题（最严重的在前），依据是什么
  tcptui report 文件... --html 输出 [--overwrite]
                                  同样的内容写成一个网页，便于转交
  tcptui follow 文件 --stream N [--side client|server|both]
                [--hex | --decoded [--id ID] | --raw]
                                  追踪流：连接两端说了什么
  tcptui export 文件 [--stream N [--id ID]] [--out 目录] [--json]
                                  通过 HTTP 传输的文件：列出来，或写入目录
  tcptui graph 文件 --stream N [--kind 种类] [--svg 输出文件 | --csv]
                                  一个连接的图：时间-序列号、RTT 等
  tcptui packets 文件... [-Y 过滤器] [-e 字段]... [--csv | --jsonl | --count]
                                  显示过滤器选中的数据包：逐行摘要，或字段的值
  tcptui slice 文件... (-Y 过滤器 | --stream N | --finding 名称 | --packets N-M)
               -w 输出            把这些数据包另存为一个抓包文件
  tcptui assert 文件... 规则...   检查抓包是否符合规则：不符合时退出码为 1，
                                  无法读取时为 3
  tcptui requests 文件... [-Y 过滤器] [--group statement] [--jsonl | --har 输出]
                                  列出请求（{protocols}），
                                  以及每个请求的时间去向
  tcptui recover [N | 名称] [-w 文件 [--overwrite] | --delete [--yes]]
                                  保存之前被中断的抓包：列出、保存、删除
  tcptui config [--help]          设置文件：在哪里，设置了什么
  tcptui check 过滤器 [--json]    检查显示过滤器（Wireshark 的语言）：对不对，
                                  可能想写什么，有什么陷阱；不对时退出码为 1
  tcptui fields [词]              显示过滤器可用的字段

实时抓包，选项与 tcpdump 相同；选项和过滤表达式的先后次序随意：
  -i 接口        在哪个接口上抓包       -c N      抓到 N 个数据包后停止
  -s 字节数      每个数据包保留多少字节；0（默认）表示全部保留
  -w 文件        保存抓到的数据包       -w -      以 pcap 格式写到标准输出
  --overwrite    允许 -w 覆盖已有文件   -D        列出可抓包的接口
  -B KIB         内核抓包缓冲区的大小，抓包期间一直占用这么多内存；
                 默认 65536（64 MiB），内存不足 4 GiB 的主机按比例减小
  -p             不使用混杂模式
  --include-own  连显示本界面的 SSH 连接也一起抓
  --spool-limit 大小、--memory-limit 大小  （百万字节，或带 k、M、G）临时抓包
                 文件和内存中的数据包各占多少；满了就移出最早的包。
                 默认按空闲的磁盘和内存决定
  -C 大小        配合 -w：文件超过这么多百万字节（或带 k、M、G：KiB、MiB、GiB）
                 就换下一个：FILE、FILE1、FILE2……
  -G 秒数        配合 -w：每隔这么久换一个文件；FILE 是 strftime 格式
  -W 个数        与 -C：循环使用这么多文件，覆盖最旧的；与 -G：写满后结束
由诊断结论触发（实时抓包、管道、文件均可；名称见下）：
  --no-screen    不进界面，诊断结论以 JSON 行写到标准输出
  --only 名称[,名称…]         只输出与这些名称有关的行
  --stop-on 名称[,名称…]      出现其中之一就停止抓包
  --keep-around 名称[,名称…]  把每次出现前后的数据包写入文件，
                 放在 -w FILE.pcap 旁边：FILE-1-名称.pcap、FILE-2-名称.pcap……
  --keep-seconds 之前[,之后]  前后各保留多少秒，默认 10,5
  --findings 文件             另加自定义的诊断：带文字的过滤器
                 （TOML，见 tcptui/docs/own-findings.md），类别为 own
TLS 和 gRPC，界面和所有打开抓包的命令都可用：
  --keylog 文件  用文件中的密钥解密（SSLKEYLOGFILE 写出的格式），文件增长时
                 随时续读；pcapng 自带的密钥总会使用
  --proto 文件   按文件中的消息定义显示 gRPC 消息的字段名，文件由
                 protoc --include_imports --descriptor_set_out=文件 生成
显示：
  -t             不显示时间             -n        端口和主机只显示数字
  -Y FILTER, --display-filter FILTER    一开始就用这个显示过滤器

report、verdicts、follow、export、--no-screen：
  -Y 过滤器, --display-filter 过滤器
                 只显示过滤器选中的：匹配的数据包（verdicts），或含有匹配数据包
                 的连接；分析仍针对全部数据包
follow --decoded：
                 一条连接解码前 5,000 条消息；由少量抓到的字节展开而成的文本
                 （HPACK、gzip）每段先写 2 KiB，超出的部分合计最多 256 MiB 再加
                 每个抓到的字节 16 字节；被截断的以 … 结尾，段数写在最后
report、verdicts：
  --workers N    最多用 N 个进程分析各个连接（Linux）；默认可用的处理器
                 有几个就用几个
任何命令都可使用：
  --lang en|zh   语言；不指定时由设置文件决定，
                 再由 LC_ALL、LC_MESSAGES、LANG 决定
  --ascii        线条和符号只用 ASCII 字符
  --version      --help

cases、case、verdicts、report、follow、export、graph、requests、packets、slice、
assert、recover、config、check、fields 是命令；要打开同名文件，请写成 ./cases。
packets、slice、assert、graph、requests、export 各有自己的帮助页：slice --help
退出码：0 完成，1 输入或运行环境有问题，2 用法有误。
""",
    "cli.try-help": "{message}（用法见 tcptui --help）",
    "cli.prefix": "tcptui：{message}",
    "cli.error.twice": "{option} 出现了两次",
    "cli.error.no-value": "{option} 后面缺少取值",
    "cli.error.unwanted-value": "{option} 不带取值",
    "cli.error.unknown-option": "没有 {option} 这个选项",
    "cli.error.remote-alone": "{word} 只能单独出现在命令行上，后面只可跟过滤表达式",
    "cli.error.not-here": "{option} 不能用于 {command}",
    "cli.error.needs-interface": "{option} 只用于实时抓包：请用 -i 指定接口",
    "cli.error.live-and-file": "-i 与 -r 不能同时使用：要么抓接口，要么读文件",
    "cli.error.overwrite-what": "--overwrite 是允许 -w 覆盖文件，但命令中没有 -w",
    "cli.error.exclusive": "{first} 与 {second} 不能同时使用",
    "cli.error.too-many-words": "{command} 不认识多出来的 {word}",
    "cli.error.which-file": "{command} 后面要写抓包文件名",
    "cli.error.which-filter": "check 后面要写带引号的显示过滤器：tcptui check 'tcp.port == 80'",
    "cli.error.which-case": "case 后面要写案例的 ID；tcptui cases 可列出全部案例",
    "cli.error.stdin-alone": "-（标准输入）不能与其他文件一起打开",
    "cli.error.say-jsonl": "verdicts 需要加上 --jsonl，这是它唯一的输出格式",
    "cli.error.language": "没有 {value} 这种语言；可选：{known}",
    "cli.error.number": "{option} 的取值应为 {least} 到 {most} 之间的整数，而不是 {value}",
    "cli.error.no-sudo": "无法启动 sudo：{reason}",
    "cli.error.no-case": "没有 {case} 这个案例；可选：{known}",
    "cli.error.no-stream": "{file} 中没有连接 {stream}；共 {count} 条连接，从 0 开始编号",
    "cli.ask.overwrite": "{file} 已存在，要覆盖吗？[y/N] ",
    "cli.ask.overwrite.several": "已有 {count} 个文件：{names}。要全部覆盖吗？[y/N] ",
    "cli.ask.overwrite.many": "已有 {count} 个文件：{first}……{last}。要全部覆盖吗？[y/N] ",
    "cli.ask.sudo": "现在就执行吗？[y/N] ",
    "cli.ask.yes": "y yes 是",
    "cli.notice.waiting": "正在等待标准输入送来抓包数据……",
    "cli.notice.remote": "正在等待远端的 tcpdump……",
    "cli.cases.heading": "自带的案例；用 tcptui case ID 打开",
    "cli.cases.none": "这份安装中没有自带案例",
    "cli.cases.packets": "{n} 个数据包",
    "cli.interface.up": "已启用",
    "cli.interface.running": "运行中",
    "cli.interface.loopback": "环回",
    "cli.interface.down": "未启用",
    "cli.interface.wireless": "无线",
    "cli.interface.disconnected": "未连接",
    "cli.interface.none": "没有可以抓包的接口",
    "cli.live.summary": "捕获 {packets} 个数据包，内核丢弃 {dropped} 个",
    "cli.live.summary_unknown": "抓到 {packets} 个数据包；远端的 tcpdump 没有报告丢了多少",
}
