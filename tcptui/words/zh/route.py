"""同一流量在三个或更多抓包点的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "route.order": "沿路径的顺序：{listed}。",
    "route.order.given": "数据包看不出 {near} 和 {far} 谁在前，按给出的顺序排列。",
    "route.clock.between": (
        "{point} 的时钟：加上 {low}到 {high}就是 {first} 的时间。区间宽 {width}，即 {first}、{point} 之间最快一次往返"
        "的时间；仅凭数据包无法再缩小。"
    ),
    "route.clock.at-least": "{point} 的时钟：至少加上 {low}才是 {first} 的时间，没有上限。",
    "route.clock.at-most": "{point} 的时钟：最多加上 {high}就是 {first} 的时间，没有下限。",
    "route.clock.unknown": "{point} 的时钟：与 {first} 的偏差无法判断，没有数据包把两者联系起来。",
    "route.clock.drift": "{point} 的时钟：与 {first} 的偏差以 {ppm} ppm 的速度变化（在 {low} 与 {high} 之间）。",
    "route.clock.step": "{point} 的时钟：按 {first} 的时钟，{time} 时两者之一跳变，偏差改变了 {size}。",
    "route.symmetric": "这里假定每一段的两个方向耗时相同（--assume-symmetric），下面的时延都以此为前提。",
    "route.hop": (
        "{near} 到 {far}：{same} 条连接两边都有，其间丢失 {lost} 个数据包；漏抓：{near} 处 {missed_near} 个，"
        "{far} 处 {missed_far} 个。"
    ),
    "route.only": "只在 {point} 中：{count} 条连接。",
    "route.stream": "{listed}：{client} → {server}",
    "route.renamed": "在 {point} 处：{client} → {server}",
    "route.stream.legs": "{near} 与 {far}：数据相同（{votes} 个报文段），但是两条 TCP 连接",
    "route.changed": "在 {near} 与 {far} 之间被改动：{listed}",
    "route.findings.heading": "几份抓包合在一起能断定的发现：",
    "route.findings.not-between": "不在 {near} 与 {far} 之间：{other}",
    "route.findings.option-removed": "{near} 与 {far} 之间的设备改动了握手中的这个选项。",
}
