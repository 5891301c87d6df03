"""report --html 页面上的词句。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "page.title": "{file}：发现了什么",
    "page.trouble": "问题所在，最严重的在前",
    "page.more-groups": "另有 {n} 组问题未在此列出。",
    "page.worst": "有问题的连接，最严重的在前",
    "page.largest": "最大的几个连接；都没有问题",
    "page.packets": "数据包：{packets}。",
    "page.and-more": " 等，另有 {n} 个",
    "page.how-sure": "把握：{confidence}。",
    "page.graph": "数据随时间的变化",
    "page.ladder": "数据包往来",
    "page.ladder.left-out": "有 {n} 个包未画出",
    "page.ladder.label": "{client} 与 {server} 之间的数据包，画出 {n} 个",
    "page.requests": "最慢的请求",
    "page.requests-more": "另有 {n} 个请求未列出。",
    "page.merged.clocks": "时钟",
    "page.merged.connections": "连接，缺包的在前",
    "page.merged.connection": "连接",
    "page.merged.lost": "从 {here} 到 {there} 丢失",
    "page.merged.foot": "由 tcptui {version} 生成。包号是各抓包点自己那份抓包中的序号，时间以 A 的时钟为准。",
    "page.compared.foot": "由 tcptui {version} 生成。连接编号是各自抓包中的编号。区间由逐个去掉客户端得到。",
    "page.foot": "由 tcptui {version} 生成。包号是抓包文件中的序号。没有抓到的内容无从得知：每条结论都注明了把握有多大。",
    "page.written": "页面已写入 {file}",
}
