"""命令行上 requests 的词句。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.protocol.http": "HTTP/1.x、HTTP/2、gRPC、升级到 WebSocket",
    "cli.help.requests": """\
名称
  tcptui requests：{summary}

用法
  tcptui requests 文件… [-Y 过滤器] [--group statement] [--jsonl] [--workers N]
  tcptui requests 文件… [-Y 过滤器] --har 输出 [--overwrite] [--workers N]
  tcptui requests 文件… [-Y 过滤器] --results 目录
  tcptui requests 文件 --redact [--key 密钥文件] …

说明
  按开始的先后列出可识别协议（{protocols}；有密钥时也读 TLS 之内的）的每个请求：
  连接、首尾数据包、开始时间（从第一个数据包起的秒数）、用时、协议、状态、发送和
  接收的字节（其后的 + 表示请求或响应没有完整抓到）、占用时间最多的部分、操作。
  多个文件按时间合并。
  时间的各部分加起来就是用时：
    connect   握手（连接是为这个请求建立的）
    tls       TLS 握手（有密钥时）
    queue     排在同一连接上更早请求的响应之后
    request   发送请求              response  传送响应
    network   到服务端的往返路程
    server    服务端开始响应之前，以及响应中途的停顿
    client    客户端的停顿；没有空间接收响应
    recovery  丢包恢复
    idle      没有等到响应，看不出在等谁，或请求本来就是要等到有事发生（如
              Redis 的 BLPOP）
  机密按首部字段、参数和成员的名称去除。

选项
  -Y 过滤器, --display-filter 过滤器
             只列出有数据包匹配的请求：该连接上从请求首包到响应末包的任何一个
  --jsonl    每个请求一个 JSON 对象，按连接排列；时间以秒为单位，不适用的为 null
  --group statement
             内容相同的请求归为一行：SQL 去掉字面值，Redis 的键和 HTTP 的路径中
             的数字、编号写作 *。列出次数、错误数、一半和 99% 的请求在多长时间内
             结束、合计时间、其中服务端的时间、排在别的请求之后或请求自己要等的
             时间（如 BLPOP）、最慢的一次的首包；从请求的首字节算起。服务端时间
             长的在前，登录在最后；~ 表示其中有一起响应的几个请求分摊来的时间
  --har 输出  把 HTTP 请求写成 HTTP 归档（HAR 1.2），供浏览器等查看；- 表示标准
             输出。文本正文最多 64 KiB，其他正文略去；正文合计超过 64 MiB、
             特别长的首部字段合计超过 256 MiB 之后，后面的条目不再写出这些
             内容
  --results 目录
             写出数据库响应的内容：MySQL、MariaDB、PostgreSQL 的每个结果集，
             Redis 每个含元素的响应，DNS 传送的每个区域，在目录中各成一个文件；
             每行、每个元素、每条记录是一个 JSON 对象。值是文本或列表，null 即
             NULL；{{"hex": …}} 是不合 UTF-8 的字节，或 PostgreSQL 的二进制值；
             {{"error": …}} 是 Redis 响应中的错误。PostgreSQL 的 COPY 发送的内容
             原样写成文件（.copy）。以下不写出：涉及机密的语句或命令的响应、抓包
             开始之前就预备好的语句的响应（PostgreSQL）、超过 64 MiB 的行；列名
             或字段名像机密的，其值写作 [removed]
  --overwrite  输出写完整之后可替换已有文件
  --redact   改用脱敏副本（同 redact 的输出）：方法和状态码不变，各种值都替换；
             载荷换成填充字节的协议，以及用 TLS 密钥才读得到的请求，都不再列出
  --key 密钥文件
             与 --redact 合用：替换结果与 redact 用同一密钥时相同
  --workers N  最多使用 N 个进程（Linux）

示例
  tcptui requests a.pcap
  tcptui requests a.pcap -Y 'http.response.code >= 500'
  tcptui requests a.pcap --jsonl | jq 'select(.time.server > 0.5)'
  tcptui requests a.pcap --group statement
  tcptui requests a.pcap --har a.har
  tcptui requests a.pcap -Y 'mysql.query contains "orders"' --results rows

退出码
  0 完成（没有请求也是）；1 输入或输出失败：文件损坏时，会写出损坏之前的请求；
  2 用法错误
""",
    "cli.error.group": "--group 不认识 {value}；可用的有：{known}",
    "cli.error.overwrite-har": "--overwrite 表示 --har 可替换文件，但没有给出 --har",
    "cli.error.overwrite-html": "--overwrite 表示 --html 可替换文件，但没有给出 --html",
}
