"""The meanings of WebSocket close codes (RFC 6455, 7.4.1, and the IANA registry), in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "narrative.reason.ws-1002": "对方违反了协议",
    "narrative.reason.ws-1003": "收到了不能处理的数据类型",
    "narrative.reason.ws-1007": "消息内容与类型不符（例如不是 UTF-8）",
    "narrative.reason.ws-1008": "消息违反了它的规定",
    "narrative.reason.ws-1009": "消息太大",
    "narrative.reason.ws-1010": "服务端缺少客户端需要的扩展",
    "narrative.reason.ws-1011": "服务端内部出错",
    "narrative.reason.ws-1012": "服务正在重启",
    "narrative.reason.ws-1013": "过载，请稍后再试",
    "narrative.reason.ws-1014": "代理从后端得到了错误的响应",
    "narrative.reason.ws-own": "应用自定义的代码",
    "narrative.reason.ws-unknown": "没有定义的代码",
}
