"""关于 MQTT 的句子。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "findings.mqtt-session-ended.name": "MQTT 会话被 broker 结束",
    "findings.mqtt-session-ended.name.refused": "MQTT 客户端被 broker 拒绝",
    "findings.mqtt-session-ended.title": "MQTT 会话被结束：{status}",
    "findings.mqtt-session-ended.title.refused": "MQTT broker 拒绝连接：{status}",
    "findings.mqtt-session-ended.title.keep-alive": "MQTT 客户端静默 {silent_s}后被关闭",
    "findings.mqtt-session-ended.short": "被 broker 结束",
    "findings.mqtt-session-ended.happened": "broker 发出 DISCONNECT 结束了会话，原因是 {status}（{answer_frame} 号包）。",
    "findings.mqtt-session-ended.happened.refused": "broker 以 {status} 拒绝了 CONNECT（{answer_frame} 号包），会话没有建立。",
    "findings.mqtt-session-ended.happened.keep-alive": "客户端 {silent_s}没有发送任何内容（最后一次在 {asked_frame} 号包），随后 broker 关闭了连接（{answer_frame} 号包）。约定的 keep-alive 是 {keep_alive_s}。",
    "findings.mqtt-session-ended.meaning": "网络没有问题：结束会话的原因由 broker 自己说明。若是 Session taken over，说明有另一个客户端用同样的标识符连了上来。",
    "findings.mqtt-session-ended.meaning.refused": "网络和 broker 都正常，是 broker 不让这个客户端进来：登录信息、标识符、协议版本，或者连接过于频繁。",
    "findings.mqtt-session-ended.meaning.keep-alive": "客户端承诺每个 keep-alive 周期内至少发一个 PINGREQ。超过一个半周期没有消息，broker 就当它已失联，并发布它的遗嘱。此时可能只是客户端程序卡住了，内核仍在应答。",
    "findings.mqtt-session-ended.known": "broker 的报文已读到，原因码是规范中的编号。",
    "findings.mqtt-session-ended.known.keep-alive": "keep-alive 写在 CONNECT 或 CONNACK 里；静默时长是量出来的，其间没有缺失的字节。",
    "findings.mqtt-session-ended.sure": "原因是 broker 自己说的；起因要到它的日志里找。",
    "findings.mqtt-session-ended.sure.keep-alive": "静默和关闭都确定无疑；前者是后者的原因，则只是从时长推断的。",
    "findings.mqtt-session-ended.look": "查看端口 {port} 上的 broker 在 {answer_frame} 号包那一刻的日志。是不是有两个客户端用了同一个标识符？",
    "findings.mqtt-session-ended.look.refused": "端口 {port} 上 broker 的日志里有用户名。检查密码、访问控制列表、标识符和协议版本。",
    "findings.mqtt-session-ended.look.keep-alive": "从 {asked_frame} 号包起，客户端程序在做什么？如果它的主机立刻确认了 broker 的 FIN，那么卡住的是程序，而不是主机。",
}
