"""redact 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.redact": """\
名称
  tcptui redact：{summary}

用法
  tcptui redact 文件 -w 输出 [--key 密钥文件] [--keep 名称[,名称…]]
                [--shift-time 秒数] [--certificate 证明] [--overwrite]

说明
  写出一份不含地址、主机名和载荷的副本，可以交给不该看到这些内容的人。判定、状
  态、诊断和时间分配保持不变。看不懂的内容一概不抄，换成同样长度的填充字节。

  IPv4 和 IPv6 地址保留共同的前缀；私有、环回、链路本地、组播和文档用的地址段仍
  在原来的段内。MAC 地址不再带有厂商信息。DNS、HTTP、TLS 里的主机名逐段替换。
  HTTP/1、TLS、DNS 保留各自的分帧，其他载荷都是填充字节，因此其他协议的请求不复
  存在。pcapng 里的注释、说明、名称、抓包过滤器和 TLS 密钥不写入副本。

  输出文件要通过两项检查才会出现：引擎读副本，结果必须与原抓包相同；另有一个独立
  的搜索，在副本中按多种写法查找原抓包的每个地址、MAC 地址和主机名，以及载荷中任
  意连续 8 个字节。有一项不通过就没有输出文件，并用一行说明原因。

选项
  -w 输出             写到哪里：pcapng；以 .pcap 结尾则为 pcap
  --key 密钥文件      至少 32 字节，只有自己可读。同一密钥在每个文件里得到同样的
                      替换结果。不写则随机生成一个，只用一次
  --keep 名称[,名称…]
                      保持原样：addresses（地址）、macs（MAC 地址）、
                      names（主机名）
  --shift-time 秒数   所有时间都加上这个数，可以为负
  --certificate 证明  把替换、比较、搜索的结果写成 JSON
  --overwrite         允许替换已有的输出和证明文件

仍然可见
  长度、时间、方向、端口、TTL、序列号、TCP 选项和窗口。地址与特殊地址段相同的前
  几位保留不变。摘要里写明有多少台主机凭对端数、端口和字节数就独一无二：知道这些
  的人可以认出它们。

示例
  head -c 32 /dev/urandom > key && chmod 600 key
  tcptui redact a.pcap -w b.pcapng --key key --certificate b.json
  tcptui redact a.pcap -w b.pcap --keep macs --shift-time -86400

退出状态
  0 完成；1 输入或输出失败，或检查未通过；2 用法错误
""",
    "cli.error.key-redact": "--key 要和 --redact 一起用",
    "cli.error.redact-numbers": "脱敏副本里数据包的序号会不同；请先用 redact 写出副本，再对副本操作",
    "cli.error.redact-where": "redact 要用 -w 写明输出文件",
    "cli.error.redact-stream": "{option} 要写文件名：没有通过检查的内容不会写到任何地方",
    "cli.error.redact-same": "-w 和 --certificate 写的是同一个文件",
    "cli.error.redact-keep": "--keep {value}：不认识；可用的有 {known}",
    "cli.error.redact-shift": "--shift-time {value}：不是整数秒",
    "cli.error.redact-several": "只能为一个文件生成脱敏副本",
    "cli.error.redact-key-collides": "没有写出：有一个替换后的地址恰好是抓包里的另一个地址，请换一个密钥",
    "cli.error.redact-found": "没有写出：副本里还有原抓包的{what}（{count} 处）",
    "cli.error.redact-differs.packets": "没有写出：副本里数据包的解码结果不同（{where}）",
    "cli.error.redact-differs.verdicts": "没有写出：副本里的判定不同（{where}）",
    "cli.error.redact-differs.states": "没有写出：副本里的状态不同（{where}）",
    "cli.error.redact-differs.findings": "没有写出：副本里的诊断不同（{where}）",
    "cli.error.redact-differs.budgets": "没有写出：副本里连接 {where} 的时间分配不同",
    "cli.error.redact-differs.requests": "没有写出：副本里连接 {where} 的请求不同",
}
