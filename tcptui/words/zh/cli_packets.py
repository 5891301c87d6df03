"""packets、slice、assert 三个命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.packets": """\
名称
  tcptui packets：{summary}

用法
  tcptui packets 文件… [-Y 过滤器] [-e 字段]… [--csv | --jsonl] [--header]
  tcptui packets 文件… [-Y 过滤器] --count

说明
  按抓包顺序写出通过显示过滤器的数据包：序号、距第一个数据包的时间、源、目的、
  协议、长度、内容摘要（含判定）。多个文件按时间合并。
  加上 -e 则改为写出字段的值，与 tshark -2 -n -T fields -e … 完全一致：字段之间
  用制表符隔开，一个字段的多个值用逗号隔开。判定、状态和结论始终由全部数据包
  得出，过滤器只决定显示哪些。

选项
  -Y 过滤器, --display-filter 过滤器
             Wireshark 的显示过滤器语言；不写则列出全部数据包。
             tcptui check 过滤器：检查写得对不对、作用是什么
  -e 字段    该字段的值；可以写多次。tcptui fields 列出全部字段。_ws.col.Info、
             .Protocol、.Source、.Destination、.Time、.Length 和 .No. 是不写 -e
             时那一行里的各项，用的是 tcptui 自己的措辞
  --csv      逗号分隔，必要时加引号
  --spreadsheet-safe
             与 --csv 合用，供电子表格打开：会被当作公式的单元格（以 = + - @ 开
             头，数字除外）前面加一个撇号
  --jsonl    每个数据包一个 JSON 对象；与 -e 合用时每个字段是一个文本列表
  --header   首行写列名
  --count    只写匹配的数量

密码和令牌
  按名称或形式识别出的密码和令牌写成 [removed]（tshark 会照写）；原始字节字段
  （tcp.payload、data.data）仍是所发送的内容。过滤器比较的也是所发送的内容。

限制
  为了不占用过多内存：每条连接的应用协议字段只取自前 50,000 条消息（HTTP/2 为
  每一端的首部列表，TLS 为每一端的记录）。之后的包只能单独解读，可能缺少这些字
  段；这样的包有多少个会另行提示。HTTP/2 的一个首部列表最多读 256 KiB，过滤器
  比较的值最多读 1 MiB。加 -e 时，由少量抓到的字节展开而成的文本（HPACK、gzip）
  每个字段先写 2 KiB，超出的部分全部字段合计最多 256 MiB 再加每个抓到的字节
  16 字节；被截断的值以 … 结尾，条数写在最后一行。

示例
  tcptui packets a.pcap -Y 'tcp.analysis.retransmission'
  tcptui packets a.pcap -Y 'http.response.code >= 500' -e frame.number -e ip.dst
  tcptui packets a.pcap -Y 'tcptui.severity == "error"' --count

退出码
  0 完成（没有匹配也算）；1 输入有误：文件损坏时，损坏处之前的数据包照常写出；
  2 用法错误
""",
    "cli.help.slice": """\
名称
  tcptui slice：{summary}

用法
  tcptui slice 文件… (-Y 过滤器 | --stream N[,N…] | --community-id ID[,ID…] |
               --finding 名称[,名称…] | --packets N[-M][,…])
               [--around 秒] [--whole-streams] -w 输出 [--overwrite]
               [--redact [--key 密钥文件]]

说明
  把选中的数据包写成 pcapng；输出文件以 .pcap 结尾时写成 pcap。捕获的内容逐字节
  照写，时间、接口、注释保持不变；源文件中的名称解析和 TLS 密钥一并带上。每个
  数据包附一条注释，写明它在源文件中的序号；保存在源文件旁的标记和备注
  （文件.notes.json）也写成注释。pcap 格式没有注释。

选项
  -Y 过滤器, --display-filter 过滤器
                     通过过滤器的数据包
  --stream N[,N…]    这些连接的数据包，连接从 0 编号
  --community-id ID[,ID…]
                     Zeek、Suricata 等以这些名称（Community ID 第 1 版）列出的
                     连接的数据包
  --finding 名称[,名称…]
                     作为这些结论依据的数据包：可写编号、类别或严重程度，
                     名称见 tcptui help findings
  --packets N[-M][,…]
                     按序号指定，如 10-20,31
  --around 秒        再加上与选中的数据包前后相差不超过此时间的全部数据包
  --whole-streams    再加上所属连接的其余数据包：这样，输出文件中的判定与源文件
                     相同
  -w 输出            写到哪里；- 表示标准输出
  --overwrite        允许覆盖已有文件；新文件写完整之后才替换
  --redact           写脱敏副本（同 redact 的输出）里的数据包；选哪些包仍按
                     原文件，备注不写
  --key 密钥文件     与 --redact 合用：替换结果与 redact 用同一密钥时相同

示例
  tcptui slice a.pcap --stream 7 -w seven.pcapng
  tcptui slice a.pcap --finding slow-server --whole-streams -w slow.pcapng
  tcptui slice a.pcap -Y 'tcp.flags.reset == 1' --around 0.5 -w resets.pcapng

退出码
  0 完成（没有选中数据包也算）；1 读取或写入失败：文件损坏时，损坏处之前的数据包
  照常写出；2 用法错误
""",
    "cli.help.assert": """\
名称
  tcptui assert：{summary}

用法
  tcptui assert 文件… 规则… [--rules 文件.toml] [--junit 输出] [--slice 目录]

说明
  逐条说明抓包是否符合规则，不符合时指出是哪些数据包。以 no、all、count 或
  pNN 加空格开头的参数就是规则。多个文件按时间合并。

规则
  no 过滤器            没有数据包通过该显示过滤器
  all 过滤器           凡过滤器能判断的数据包全部通过：数据包没有的字段，其条件
                       不参与判断
  count 过滤器 < N     通过的数据包数量；也可用 <= > >= == !=
  count 过滤器 < N%    同上，按占全部 TCP 数据包的百分比
  pNN 字段 < 值        字段值的百分位数（时间以秒计）：p50、p99、p99.9。
                       连接的时间和大小（tcptui.duration 等）每条连接只计一个值
  没有可判断的数据包时，no、all 和百分比形式的 count 成立，pNN 不成立。

选项
  --rules 文件.toml  更多规则：rules = ["规则", …]；需要起名时写
                     [[rule]]
                     name = "响应够快"
                     rule = "p99 tcptui.server_think < 0.3"
  --junit 输出       同时把结果写成 JUnit XML
  --slice 目录       把违反规则的数据包写成 目录/NN-规则.pcapng

示例
  tcptui assert a.pcap 'no tcptui.severity == "error"'
  tcptui assert a.pcap 'count tcp.analysis.retransmission < 1%' \\
                'all tcp.analysis.ack_rtt < 0.2' --junit results.xml

退出码
  0 全部规则成立；1 有规则不成立；2 用法错误；3 无法读取抓包，或结果无法写入，或
  抓包已损坏（无论规则对损坏处之前的数据包是否成立）
""",
    "cli.error.display-filter": "{where}：{message}（tcptui check 过滤器 会指出错在哪里、可能想写什么）",
    "cli.error.more-faults": "……还有 {n} 处错误",
    "cli.error.field": "没有字段 {name}；用 tcptui fields 列出全部字段",
    "cli.error.field-near": "没有字段 {name}；相近的有：{near}",
    "cli.error.field-unread": "字段 {name} 目前还读不出值，无法显示",
    "cli.error.community-id": "{value} 不是 Community ID，应形如 1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
    "cli.error.slice-what": "slice 需要 -Y、--stream、--community-id、--finding、--packets 之一，说明要取出什么",
    "cli.error.slice-where": "slice 需要 -w 和输出文件名",
    "cli.error.no-rule": "“{value}”既不是文件，也不是规则；规则以 no、all、count 或 p99 这样的百分位开头",
    "cli.error.which-rule": "assert 需要规则，以 no、all、count 或 p99 这样的百分位开头，例如 'no tcp.analysis.retransmission'；也可用 --rules 指定规则文件",
    "cli.error.packets": "{option} 需要从 1 起的数据包序号或范围，如 10-20,31，而不是 {value}",
    "cli.error.streams": "{option} 需要从 0 起的连接编号，如 0,4,7，而不是 {value}",
    "cli.error.around": "{option} 需要 0 到 {most} 之间的秒数，如 0.5，而不是 {value}",
    "cli.error.follow-none": "{file} 中没有任何连接含有匹配过滤器的数据包",
    "cli.error.follow-several": "过滤器匹配 {count} 条连接（{streams}）；请用 --stream 选定一个",
    "cli.error.follow-id": "连接 {stream} 中没有请求 {id}；tcptui requests --jsonl 会列出 id",
    "cli.error.follow-other": "连接 {stream} 中没有匹配过滤器的数据包",
}
