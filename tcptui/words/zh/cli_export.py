"""``export`` 命令行的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.export": """\
名称
  tcptui export：{summary}

用法
  tcptui export 文件 [--stream N [--id ID] | -Y 过滤器] [--out 目录]
                [--out-limit 大小] [--json]

说明
  列出 HTTP/1.x 和 HTTP/2 消息的正文，下载和上传都算，内容是去掉分块和编码
  （gzip、br、zstd、deflate）之后的；分段请求的文件会拼起来。每个文件一行：
  数据包、大小、媒体类型、文件名、来源。不写 --out 就什么也不写入磁盘。

各需要什么
  列出         有抓包文件即可
  保存         --out 目录，没有则新建。文件名来自服务器，会改成安全的名字；
               已有同名文件时加上编号，绝不覆盖。不完整的文件（例如有字节没有
               抓到）以 .partial 结尾
  TLS 之内     连接的密钥：--keylog 文件，或 pcapng 里自带的
  抓包         完整的数据包：截短的抓包（-s）里，正文会缺字节
  其他内容     数据库的行和 Redis 的回复：tcptui requests --results；
               数据包：tcptui slice；对话内容：tcptui follow

选项
  --stream N   只要这条连接的文件（tcp.stream）
  --id ID      只要其中这个 id 的请求传输的内容：HTTP/2 的一个流里发送和响应的
               正文，gRPC 调用则是解压后的每条消息（id 见 requests --jsonl）
  -Y 过滤器, --display-filter 过滤器
               只要有数据包匹配的连接
  --out 目录   保存到这里
  --out-limit 大小  （百万字节，或加 k、M、G）  写出的文件合计最多占多大；
               默认为 268 MB 加上每个抓到的字节 16 字节，且不超过可用磁盘的一半
  --json       对象数组：packet、stream、id（HTTP/2 的流）、direction、host、
               uri、name、method、status、content_type、size、sent、parts、
               complete、reason、sha256
  --workers N  查找文件的进程数（Linux）

示例
  tcptui export a.pcap
  tcptui export a.pcap -Y 'http.host contains "example"' --out files
  tcptui export a.pcapng --keylog keys.log --json
  tcptui export a.pcap --stream 0 --id 5 --out files

退出码
  0 完成（没有文件也算）；1 输入有误、无法写入目录，或达到上限；2 用法有误
""",
    "cli.export.line": "{packet:>8}  {size:>14}  {type:28}  {name:32}  {source}",
    "cli.export.not-whole": "{line}  （不完整：{why}）",
    "cli.export.none": "在读到的内容里，没有通过 HTTP 传输的文件",
    "cli.export.uncaptured": "没有抓到任何字节、因此未列出的文件：{n} 个",
    "cli.export.left-out": "文件太多，一次列不完：略去了 {n} 个；可以用 --stream 指定一条连接",
    "cli.export.written": "已将 {n} 个文件写入 {folder}",
}
