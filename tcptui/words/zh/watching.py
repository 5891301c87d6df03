"""watch 的文字：一行一个诊断，以及关于各个来源的消息。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "watching.found": "{time} {source}{clock} {sign} {who}：{text}",
    "watching.changed": "{time} {source}{clock} {sign} {who}，有变化：{text}",
    "watching.gone": "{time} {source}{clock} {sign} {who}，已撤回：{text}",
    "watching.ends": "{client} → {server}",
    "watching.many": "{count} 条连接",
    "watching.clock": "（时钟 {ahead} ± {half} 秒）",
    "watching.clock.unknown": "（时钟未知）",
    "watching.begin": "{source}：正在抓包",
    "watching.begin.remote": "{source}{clock}：正在抓包",
    "watching.back": "{source}：重新开始抓包；中断了 {seconds} 秒，这段时间的情况不得而知",
    "watching.again": "{error}；会继续重试，其他来源不受影响",
    "watching.over": "{error}",
    "watching.ended": "{source}：已结束",
    "watching.late": "{source}：没有及时结束，最后的内容可能缺失",
    "watching.metrics": "指标见 http://{address}/metrics",
    "watching.bundle": "最近的数据包、结论和计数已写入 {folder}",
    "watching.total.source": "{source}：{packets} 个数据包，内核丢弃 {dropped} 个，{found} 条结论，连接 {runs} 次",
    "watching.total": "{sources} 个来源：{packets} 个数据包，内核丢弃 {dropped} 个，{found} 条结论",
}
