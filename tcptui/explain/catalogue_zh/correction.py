"""What later packets correct, in Chinese: why a packet did not do what was assumed of it."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "correction.see": "{short}（见 {n}）",
    "correction.later.short": "事后更正",
    "correction.later.text": "单看这个包，它应使{end}的状态改变；但{end}后来发出的包表明并没有：它当时处于 {state}。",
    "correction.no-third-packet.short": "在此之后丢失",
    "correction.no-third-packet.text": "{proof} 号包是{end}重发的 SYN-ACK，可见这个包没有起作用：它在抓包点之后丢失，或者被{end}丢弃（全连接队列已满）。这段时间里{end}一直是 {state}。",
    "correction.no-answer.short": "在此之后丢失",
    "correction.no-answer.text": "{proof} 号包里{end}又请求了一次，可见它没有收到这个应答：应答在抓包点之后丢失。这段时间里{end}一直是 {state}。",
    "correction.asked-again.short": "又请求了一次",
    "correction.asked-again.text": "{proof} 号包里{end}又请求了一次：要么没有收到这个拒绝，要么一次拒绝还不够（Windows 会请求三次）。{end}仍是 {state}。",
    "correction.refused.short": "被拒绝",
    "correction.refused.text": "{proof} 号包拒绝了这个 SYN：什么也没有打开，{end}始终是 {state}。",
    "correction.unanswered.short": "没有应答",
    "correction.unanswered.text": "直到{proof} 号包再次请求，这个 SYN 都没有得到应答：它在抓包点之后丢失、被过滤，或被{end}丢弃。{end}没有反应，推定仍为 {state}。",
    "correction.unanswered.text.silence": "这个 SYN 没有得到应答：它在抓包点之后丢失、被过滤，或被{end}丢弃。{end}没有反应，推定仍为 {state}。",
    "correction.older-connection.short": "遇到旧连接",
    "correction.older-connection.text": "{proof} 号包是{end}以同一对端口上的旧连接作答：旧连接在{end}仍然开着，而它的状态在这份抓包里看不到。",
    "correction.not-accepted.short": "未被接受",
    "correction.not-accepted.text": "抓包就在{end}，所以这个包确已到达；但{end}后来发出的{proof} 号包对它一无所知：{end}把它丢弃了，全连接队列已满时就是这样。这段时间里{end}一直是 {state}。",
    "correction.not-accepted.text.silence": "抓包就在{end}，所以这个包确已到达；但{end}此后发出的包都对它一无所知：{end}把它丢弃了，全连接队列已满时就是这样。这段时间里{end}一直是 {state}。",
    "correction.no-effect.short": "没有起作用",
    "correction.no-effect.text": "抓包就在{end}，所以这个包确已到达；但 {proof} 号包表明它在那里没有起作用：网卡之后的某一环（例如包过滤规则）把它丢弃了。这段时间里{end}一直是 {state}。",
    "correction.crossed.short": "当时尚未到达",
    "correction.crossed.text": "{proof} 号包没有确认这个 FIN：{end}发出它时 FIN 还没有到。在此之前{end}仍是 {state}。",
    "correction.fin-lost.short": "在此之后丢失",
    "correction.fin-lost.text": "{proof} 号包表明这个 FIN 没有到达，后来只得重发：它在抓包点之后丢失。这段时间里{end}一直是 {state}。",
    "correction.ack-lost.short": "在此之后丢失",
    "correction.ack-lost.text": "{proof} 号包里{end}重发了 FIN，可见它没有收到这个确认：确认在抓包点之后丢失。这段时间里{end}一直是 {state}。",
    "correction.talked-on.short": "没有结束连接",
    "correction.talked-on.text": "{end}在{proof} 号包里继续通信：这个重置没有到达，或者因序列号不是它所期待的而被忽略（RFC 5961）。{end}仍是 {state}。",
    "correction.no-socket.short": "连接已不存在",
    "correction.no-socket.text": "{proof} 号包是“没有这个连接”时才会发出的重置，可见这个包到达时{end}已经放弃了连接：状态为 {state}。",
    "correction.foreign.short": "并非本人所发",
    "correction.foreign.text": "以{end}名义发出这个重置之后，{end}在{proof} 号包里照常通信：重置是别人发的。{end}仍是 {state}。",
    "correction.foreign.text.own": "这个重置来的路径与{end}发出的包不同，或来得太早：是别人以{end}的名义发的。{end}仍是 {state}。",
    "correction.shows": "{n} 号包其实没有起到看上去的作用（{short}）：在它之后{end}处于 {state}。",
}
