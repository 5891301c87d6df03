"""serve 命令的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.serve": """\
名称
  tcptui serve：{summary}

用法
  tcptui serve [文件夹…] [--http 地址] [--key 密钥文件 | --allow-payload]

说明
  让 AI 助手通过 MCP（Model Context Protocol）查询各文件夹里的抓包（默认为当前
  目录），需要附加项 [mcp]。命令由助手自己启动，通过标准输入和标准输出通信。
  每个回答都很短，并注明数据包编号。

  工具有 open、overview、findings、explain、connection、requests、packets、
  check_filter、merge、slice 和 case。只读文件夹里的普通文件，不跟随其中的链接。
  只有 slice 会写文件：在文件夹里按助手给出的名称新建一个。

  地址、主机名和载荷不会离开本机。文字来自一份脱敏副本，和 redact 写出的一样；
  副本没有文件名，只含抓包的前 20,000 个包。依赖内容的结论只用数字说明。文件名、
  端口和时间原样给出。

选项
  --http 地址      改用 HTTP：写端口，或带端口的回环地址，如 127.0.0.1:8765。
                   访问时要出示启动时打印的令牌，或 TCPTUI_SERVE_TOKEN 里的令牌
                   （至少 16 个字符）
  --key 密钥文件   至少 32 字节，只有自己可读。同一个密钥得到的替换与 redact
                   相同。不写则随机生成一个
  --allow-payload  不脱敏：地址、名称和载荷按抓到的原样给出

示例
  tcptui serve ~/captures
  tcptui serve ~/captures --key key
  tcptui serve ~/captures --http 8765

退出码
  0 完成；1 输入或输出失败；2 用法有误
""",
    "cli.serve.waiting": "serve 正在标准输入上等待助手，按 Ctrl-C 结束（见 tcptui serve --help）",
    "cli.serve.at": "{address}，令牌 {token}",
    "cli.serve.at-own-token": "{address}，令牌取自 TCPTUI_SERVE_TOKEN",
    "cli.error.serve-extra": "serve 需要附加项 [mcp]：pip install 'tcptui[mcp]'",
    "cli.error.serve-folder": "{folder} 不是文件夹",
    "cli.error.serve-address": "无法监听 {address}：{reason}",
    "cli.error.serve-token": "{variable} 至少要有 {least} 个 ASCII 字符",
    "cli.error.serve-key": "--allow-payload 什么都不替换，不能和 --key 一起用",
    "cli.error.serve-loopback": "--http {value}：要写端口，或带端口的回环地址，如 127.0.0.1:8765",
}
