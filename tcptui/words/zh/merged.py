"""同一流量在两个抓包点的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "merged.point": "{letter}  {name}：{packets} 个数据包，{streams} 条连接",
    "merged.clock.between": (
        "时钟偏差：B 的时间加上 {low}到 {high}就是 A 的时间。区间宽 {width}，即 A、B 之间最快一次往返的时间；"
        "仅凭数据包无法再缩小。"
    ),
    "merged.clock.at-least": (
        "时钟偏差：B 的时间至少加上 {low}才是 A 的时间。没有上限：两份抓包中没有共同的、从 B 到 A 的数据包。"
    ),
    "merged.clock.at-most": (
        "时钟偏差：B 的时间最多加上 {high}就是 A 的时间。没有下限：两份抓包中没有共同的、从 A 到 B 的数据包。"
    ),
    "merged.clock.no-packets": "时钟偏差：无法判断，两份抓包中没有共同的数据包。",
    "merged.clock.none": "时钟偏差：无法判断。数据包互相矛盾，或看不出哪个抓包点离客户端更近。",
    "merged.clock.drift": "时钟漂移：偏差以 {ppm} ppm 的速度变化（在 {low} 与 {high} 之间）。",
    "merged.clock.no-drift": "时钟漂移：看不出漂移（在 {low} 与 {high} ppm 之间）。",
    "merged.clock.drift-unknown": "时钟漂移：无法判断，相对于这样的区间宽度，抓包时间太短。",
    "merged.clock.step": "时钟跳变：按 A 的时钟，{time} 时其中一个时钟跳变，偏差改变了 {size}。",
    "merged.clock.left-out": "{count} 个数据包与其他所有数据包矛盾，未计入。",
    "merged.clock.symmetric": "这里假定两个方向耗时相同（--assume-symmetric），下面的时延都以此为前提。",
    "merged.pairs": "{same} 条连接在两份抓包中都有；只在 A 中的有 {a} 条，只在 B 中的有 {b} 条。",
    "merged.legs": "有 {count} 对连接数据相同，却是不同的 TCP 连接：多半是 A、B 之间有代理或类似设备，也可能是同样的内容传了两次。",
    "merged.contradicting": "有 {count} 对连接序列号相同，时间却不可能吻合，未作为同一条连接。",
    "merged.stream": "A {a} = B {b}：{client} → {server}",
    "merged.stream.renamed": "A {a} = B {b}：{client} → {server}，在 B 处为 {client_b} → {server_b}",
    "merged.stream.legs": "数据相同（{votes} 个报文段），但是两条 TCP 连接",
    "merged.paired": "两边都有：A 的 {packets_a} 个数据包中的 {paired_a} 个，B 的 {packets_b} 个中的 {paired_b} 个",
    "merged.only.lost-between": "在 {here} 与 {there} 之间丢失：{count} 个数据包（{here}：{frames}）",
    "merged.only.not-captured": "{there} 处漏抓：{count} 个数据包（{here}：{frames}）",
    "merged.only.duplicated": "在 {there} 与 {here} 之间被复制：{count} 个数据包（{here}：{frames}）",
    "merged.only.unknown": "只在 {here} 中，原因不明：{count} 个数据包（{here}：{frames}）",
    "merged.outside": "{here} 有 {count} 个数据包不在 {there} 的抓包时间之内",
    "merged.reordered": "从 {here} 到 {there} 乱序：{count} 个数据包被后面的超过（{there}：{frames}）",
    "merged.delay": "从 {here} 到 {there}，比最快的多花：中位数 {median}，90% 不超过 {p90}，最长 {most}",
    "merged.delay.symmetric": "从 {here} 到 {there}：最短 {least}，中位数 {median}，90% 不超过 {p90}，最长 {most}",
    "merged.split.heading": "最慢的响应。A、B 之间两个方向合计的时间是精确的，单个方向只能给出范围。",
    "merged.split.opening": (
        "A {a}，SYN 到 SYN-ACK：在 {near} 处为 {total}（{near}：{asked}、{answered}），其中 {beyond}在 {far} 之后，"
        "{ways}在 {near} 与 {far} 之间。"
    ),
    "merged.split.data": (
        "A {a}，请求到首个返回数据：在 {near} 处为 {total}（{near}：{asked}、{answered}），其中 {beyond}在 {far} 之后，"
        "{ways}在 {near} 与 {far} 之间。"
    ),
    "merged.split.request": (
        "A {a}，{operation}：到响应首字节，在 {near} 处为 {total}（{near}：{asked}、{answered}），其中 {beyond}在"
        " {far} 之后，{ways}在 {near} 与 {far} 之间。"
    ),
    "merged.split.range": (
        "{near} 到 {far} 用了 {there_low}到 {there_high}，{far} 到 {near} 用了 {back_low}到 {back_high}。"
    ),
    "merged.split.symmetric": (
        "假定两个方向耗时相同（--assume-symmetric），{near} 到 {far} 用了 {there_low}，{far} 到 {near} 用了 {back_low}。"
    ),
    "merged.split.resent": "期间有数据包在 {near} 与 {far} 之间丢失并重传。",
    "merged.changed": "途中被改动：{listed}",
    "merged.join": "、",
    "merged.change": "{name} {before} → {after}",
    "merged.change.ttl": "TTL",
    "merged.change.addresses": "地址",
    "merged.change.ports": "端口",
    "merged.change.isn": "序列号",
    "merged.change.mss": "MSS",
    "merged.change.window-scale": "窗口扩大因子",
    "merged.change.sack": "SACK",
    "merged.change.timestamps": "TCP 时间戳",
    "merged.change.dscp": "DSCP",
    "merged.change.ecn": "ECN 位",
    "merged.change.payload": "载荷",
    "merged.fate.lost-between": "丢失",
    "merged.fate.not-captured": "{there} 漏抓",
    "merged.fate.duplicated": "复制",
    "merged.fate.unknown": "{there} 没有，原因不明",
    "merged.written": "两份抓包的 {n} 个数据包已写入 {file}",
    "merged.more": "还有 {count} 条连接：--json 会全部列出。",
}
