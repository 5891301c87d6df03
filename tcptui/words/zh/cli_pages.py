"""帮助：首页、每个命令的一行说明，以及没有单独模块的各命令的帮助页。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help": """\
tcptui：查清一条 TCP 连接为什么慢、为什么断

  tcptui                           起始界面：接口、最近的文件、案例
  tcptui 文件…                     pcap、pcapng、.gz、.zst；多个合并；- 为管道
  tcptui -r 文件 [BPF…]            只看文件中符合抓包过滤器的数据包
  sudo tcptui -i eth0 [BPF…]       实时抓包；any 表示所有接口
  sudo tcptui -- 命令 参数…        运行命令，只报告它的连接
  tcptui ssh://主机/eth0 [BPF…]    在远端运行 tcpdump，在本机分析

命令，各有自己的帮助页（如 tcptui report --help）：
{commands}

另有 tcptui help live（实时抓包的选项）和 tcptui help findings（诊断的名称）。
任何命令都可使用（另有 --lang en|zh、--ascii、--version）：
  -Y 过滤器      Wireshark 的显示过滤器       --findings 文件  自定义诊断
  --keylog 文件  解密 TLS   --proto 文件  gRPC 字段名   --decode-as 端口=协议
退出码：0 完成，1 输入有误，2 用法有误。与命令同名的文件写成 ./cases。
""",
    "cli.summary.report": "哪里有问题、为什么，最严重的在前",
    "cli.summary.requests": "每个请求，以及它的时间花在哪",
    "cli.summary.packets": "匹配的数据包，或其字段的值",
    "cli.summary.verdicts": "每个 TCP 数据包一个 JSON 对象",
    "cli.summary.follow": "一条连接两端说了什么",
    "cli.summary.export": "抓包中通过 HTTP 传输的文件",
    "cli.summary.graph": "一条连接的图：文本、SVG 或 CSV",
    "cli.summary.merge": "同一流量的两份抓包：时钟、丢失、改动",
    "cli.summary.compare": "比较两份抓包，或一份的两部分：差异及其把握",
    "cli.summary.redact": "不含地址、主机名和载荷的副本，附带证明",
    "cli.summary.serve": "给 AI 助手用的工具（MCP），默认脱敏",
    "cli.summary.scan": "把许多抓包写成 Parquet 表，用上所有处理器",
    "cli.summary.query": "用 SQL 查询 scan 写出的表，也有现成的查询",
    "cli.summary.slice": "把抓包的一部分存成单独的文件",
    "cli.summary.assert": "按规则检查抓包",
    "cli.summary.check": "显示过滤器对不对，本意是什么",
    "cli.summary.fields": "显示过滤器可用的字段",
    "cli.summary.cases": "自带的案例",
    "cli.summary.case": "打开一个案例，写名称或编号",
    "cli.summary.recover": "保存之前被中断的抓包",
    "cli.summary.config": "设置文件：在哪里，设置了什么",
    "cli.summary.completion": "bash、zsh、fish 的命令补全",
    "cli.summary.man": "把帮助页输出成 man 手册页",
    "cli.summary.minor": "较小的命令",
    "cli.summary.help": "本页，或某个命令的帮助页",
    "cli.summary.live": "实时抓包的选项",
    "cli.summary.findings": "全部诊断的名称",
    "cli.help.report": """\
名称
  tcptui report：{summary}

用法
  tcptui report 文件… [--explain | --full | --stream N] [--json | --markdown]
                      [-Y 过滤器] [--workers N]
  tcptui report 文件… --html 输出 [--overwrite] [-Y 过滤器]
  tcptui report 文件 --redact [--key 密钥文件] …

说明
  先是总体情况和抓包质量，然后把问题分组列出：错误在前，同级的按耽误的时间排。
  许多连接共有的问题只报告一次。多个文件按时间合并。

选项
  --explain      再说明每个问题的依据、其他可能和下一步
  --full         列出每一条连接，没有问题的也列
  --stream N     只看一条连接，从 0 开始编号
  -Y 过滤器, --display-filter 过滤器
                 只看含有匹配数据包的连接；分析仍针对全部数据包
  --json         一个 JSON 对象，包含全部内容
  --markdown     Markdown 格式，便于贴进工单
  --html 输出    一个没有脚本的网页，不超过 2 MB
  --overwrite    允许覆盖已有文件
  --redact       改用脱敏副本（同 redact 的输出）：没有地址、主机名和载荷；
                 靠这些得出的结论，以及用 TLS 密钥才读得到的内容，都不再列出
  --key 密钥文件 与 --redact 合用：替换结果与 redact 用同一密钥时相同
  --workers N    最多用 N 个进程（Linux）；默认每个处理器一个

示例
  tcptui report a.pcap
  tcptui report client.pcap server.pcap --explain
  tcptui report a.pcap --json -Y 'tcp.port == 443'

退出码
  0 完成（无论发现什么）；1 输入有误：文件损坏时，报告损坏处之前的内容；
  2 用法错误
""",
    "cli.help.verdicts": """\
名称
  tcptui verdicts：{summary}

用法
  tcptui verdicts 文件… --jsonl [-Y 过滤器] [--workers N]

说明
  先为每个文件输出一个对象，再为每个 TCP 数据包输出一个：各种编号、标志、判定
  （用 Wireshark 的名称）、时间、两端的状态，以及这个包是哪些诊断的证据。时间以
  秒计，包从 1 开始编号。tcptui/docs/rules/verdicts-format.md 说明每一个键。

选项
  --jsonl        输出格式，只有这一种
  -Y 过滤器, --display-filter 过滤器
                 只输出匹配的数据包；分析仍针对全部数据包
  --workers N    最多用 N 个进程（Linux）；默认每个处理器一个

示例
  tcptui verdicts a.pcap --jsonl
  tcptui verdicts a.pcap --jsonl -Y 'tcp.analysis.retransmission'

退出码
  0 完成；1 输入有误；2 用法错误
""",
    "cli.help.follow": """\
名称
  tcptui follow：{summary}

用法
  tcptui follow 文件 --stream N [--side client|server|both]
                [--hex | --decoded [--id ID] | --raw]
  tcptui follow 文件 -Y 过滤器 [--hex | --decoded]

说明
  按顺序写出两端发送的字节，重复的只写一次；抓包中缺少的，在原处注明。除 --raw
  原样输出之外，其中任何内容都不会影响终端。文本、--hex 和 --raw 里的密码和令牌
  照原样写出；--decoded 和其他命令一样，不写出按名称或形式识别的密码和令牌。

选项
  --stream N     哪条连接，从 0 开始编号
  -Y 过滤器, --display-filter 过滤器
                 含有匹配数据包的每条连接
  --side 哪端    client、server 或 both（默认）
  --hex          十六进制，带偏移
  --decoded      逐条消息，消息体已解码
  --id ID        与 --stream 合用：HTTP/2 的一个请求，ID 见
                 tcptui requests 文件 --jsonl
  --raw          与单独一端合用：原始字节，写入文件或管道

限制
  --decoded 时，一条连接解码前 5,000 条消息。由少量抓到的字节展开而成的文本
  （HPACK、gzip）每段先写 2 KiB，超出的部分合计最多 256 MiB 再加每个抓到的字节
  16 字节；被截断的以 … 结尾，段数写在最后。

示例
  tcptui follow a.pcap --stream 0
  tcptui follow a.pcap --stream 0 --side server --raw > answer.bin

退出码
  0 完成；1 输入有误；2 用法错误
""",
    "cli.help.check": """\
名称
  tcptui check：{summary}

用法
  tcptui check 过滤器 [--json]

说明
  像 tshark 4.0 那样检查一个 Wireshark 显示过滤器。有误时，指出错在哪里、可能想
  写什么；写成了抓包过滤器就翻译过来。正确时，列出用到的字段、开销，以及陷阱，
  例如每个 TCP 包都有的字段。

选项
  --json         一个 JSON 对象

示例
  tcptui check 'tcp.flags.syn == 1 && ip.addr == 10.0.0.0/8'
  tcptui check 'tcp port 80 and host 10.0.0.1'

退出码
  0 正确；1 有误；2 用法错误
""",
    "cli.help.fields": """\
名称
  tcptui fields：{summary}

用法
  tcptui fields [词]

说明
  每个字段一行：名称、类型、是否重复、单位、谁有（Wireshark 或 tcptui）、含义，
  用制表符隔开。词可以是名称或含义的一部分。

示例
  tcptui fields retransmission
  tcptui fields tcptui.

退出码
  0 完成；1 没有匹配的字段；2 用法错误
""",
    "cli.help.cases": """\
名称
  tcptui cases：{summary}

用法
  tcptui cases [词…] [--json]

说明
  列出案例：录制的小抓包，有故事、问题和答案。写上词，就只列与之有关的：诊断、术
  语、标题的一部分。用 tcptui case ID 打开。

选项
  --json         一个 JSON 对象，含每份抓包的路径

示例
  tcptui cases zero-window

退出码
  0 完成；1 没有匹配的案例；2 用法错误
""",
    "cli.help.case": """\
名称
  tcptui case：{summary}

用法
  tcptui case ID [-n] [-t]

说明
  在界面上打开一个案例。下一步、上一步：]、[；看答案：r；帮助：?。
  tcptui cases 列出全部 ID。

选项
  -n             端口和主机只显示数字
  -t             不显示时间

示例
  tcptui case hello-service

退出码
  0 完成；1 没有这个案例，或者没有终端；2 用法错误
""",
    "cli.help.recover": """\
名称
  tcptui recover：{summary}

用法
  tcptui recover
  tcptui recover N|名称 -w 文件 [--overwrite]
  tcptui recover [N|名称] --delete [--yes]

说明
  没有保存的实时抓包，经得起连接中断、程序崩溃和 kill -9。不带选项时列出遗留的抓
  包，最早的在前。

选项
  -w 文件        把其中一个存成文件
  --overwrite    允许覆盖已有文件
  --delete       删除其中一个，或全部
  --yes          不再询问

示例
  tcptui recover 1 -w kept.pcap

退出码
  0 完成；1 没有可恢复的，或恢复失败；2 用法错误
""",
    "cli.help.completion": """\
名称
  tcptui completion：{summary}

用法
  tcptui completion bash|zsh|fish

说明
  输出一段脚本，用来补全命令、选项、抓包文件（按扩展名）、诊断、字段、案例和
  接口。

示例
  source <(tcptui completion bash)
  tcptui completion zsh > ~/.zfunc/_tcptui
  tcptui completion fish > ~/.config/fish/completions/tcptui.fish

退出码
  0 完成；2 用法错误
""",
    "cli.help.man": """\
名称
  tcptui man：{summary}

用法
  tcptui man [命令 | live | findings]

说明
  以 man 手册页的格式输出 tcptui help 命令 的内容。wheel 会安装全部手册页，
  中文和英文都有。

示例
  tcptui man report | man -l -

退出码
  0 完成；2 用法错误
""",
    "cli.help.help": """\
名称
  tcptui help：{summary}

用法
  tcptui help [命令 | live | findings]

说明
  tcptui help report 等同于 tcptui report --help。live：实时抓包的选项。
  findings：--only、--stop-on、--keep-around 和 slice 可用的名称。

退出码
  0 完成；2 用法错误
""",
    "cli.help.live": """\
名称
  tcptui -i：{summary}

用法
  tcptui -i 接口 [选项] [BPF…]
  tcptui ssh://[用户@]主机/接口 [选项] [BPF…]
  … | tcptui - [选项]
  tcptui [-i 接口] [选项] -- 命令 参数…

说明
  选项和过滤器都与 tcpdump 相同，先后次序随意。接口消失时会等它回来。-c、-s、
  -B、-p 也可用于 ssh。

抓包
  -i 接口        在哪个接口上抓包；-D 列出接口
  -c N           抓到 N 个数据包后停止
  -s 字节数      每个数据包最多保留多少字节；0（默认）表示全部保留
  -p             不使用混杂模式
  -B KIB         内核缓冲区的大小；默认 65536（64 MiB），内存不足 4 GiB 的主机按
                 比例减小
  --include-own  连显示本界面的 SSH 连接也一起抓
  --kernel       同时记录本机内核为何重传、重置和丢弃；需要 root，不能经 ssh。
                 与 -w 文件 一起用时保存在 文件.kernel 中
  --spool-limit 大小、--memory-limit 大小
                 临时抓包文件和内存中的数据包最多占多少（百万字节，或带 k、M、
                 G）；满了就移出最早的包。默认按空闲的磁盘和内存决定

文件
  -w 文件        保存抓到的数据包；-w -：以 pcap 格式写到标准输出
  --overwrite    允许覆盖已有文件
  -C 大小        文件超过这么多百万字节（或带 k、M、G：KiB、MiB、GiB）就换下一
                 个：FILE、FILE1、FILE2……
  -G 秒数        每隔这么久换一个文件；文件名是 strftime 格式
  -W 个数        与 -C：只保留最新的这么多个文件；与 -G：写满后结束

诊断（实时抓包、管道、文件均可；名称见 tcptui help findings）
  --no-screen    不进界面，诊断以 JSON 行写到标准输出
  --only 名称[,名称…]         只输出这些名称的诊断
  --stop-on 名称[,名称…]      出现其中之一就停止
  --keep-around 名称[,名称…]  把每次出现前后的数据包写入文件，放在 -w FILE.pcap
                 旁边：FILE-1-名称.pcap、FILE-2-名称.pcap……
  --keep-seconds 之前[,之后]  前后各保留多少秒，默认 10,5

程序
  -- 命令 参数…  以调用者的身份运行命令，同时在所有接口（或 -i 指定的接口）上抓
                 包，只报告它的连接。终端归该程序使用，所以没有界面；Ctrl-C 由
                 该程序处理。-w 文件：保存它的连接的数据包；--json：报告为
                 JSON。还可用 -s、-B、-p、--no-screen 和各项上限

界面
  -Y 过滤器, --display-filter 过滤器    一开始就用这个显示过滤器
  -n             端口和主机只显示数字          -t   不显示时间

示例
  sudo tcptui -i eth0 tcp port 443
  sudo tcptui -i eth0 --no-screen --only any-problem
  sudo tcptui -i eth0 -w ring.pcap -C 100 -W 10
  sudo tcptui -- curl -s https://example.com/

退出码
  0 完成；1 抓包失败；2 用法错误。用 -- 时是所运行命令的退出码；被信号 N 终止时
  为 128 + N；无法运行为 126，找不到为 127
""",
    "cli.help.findings": """\
名称
  tcptui help findings：{summary}

按类别
{findings}

另外
  类别名（其中的警告和错误）、any-problem、warning、error、note
""",
    "cli.error.unknown-option-near": "没有 {option} 这个选项；是不是 {near}？",
    "cli.error.which-shell": "completion 后面要写 shell 的名称：{known}",
    "cli.error.which-page": "没有 {word} 这一页；可选：{known}",
    "cli.error.meant-command": "是不是想用命令 {near}？（tcptui {near} --help）",
}
