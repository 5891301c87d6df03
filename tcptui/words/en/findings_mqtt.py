"""Sentences about MQTT."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "findings.mqtt-session-ended.name": "MQTT session ended by the broker",
    "findings.mqtt-session-ended.name.refused": "MQTT client refused by the broker",
    "findings.mqtt-session-ended.title": "MQTT session ended: {status}",
    "findings.mqtt-session-ended.title.refused": "MQTT broker refused: {status}",
    "findings.mqtt-session-ended.title.keep-alive": "MQTT client silent for {silent_s}, then closed",
    "findings.mqtt-session-ended.short": "ended by the broker",
    "findings.mqtt-session-ended.happened": "The broker ended the session with DISCONNECT, reason {status} (packet {answer_frame}).",
    "findings.mqtt-session-ended.happened.refused": "The broker refused CONNECT with {status} (packet {answer_frame}): no session began.",
    "findings.mqtt-session-ended.happened.keep-alive": "The client sent nothing for {silent_s} (last in packet {asked_frame}), and the broker closed (packet {answer_frame}). Its keep-alive is {keep_alive_s}.",
    "findings.mqtt-session-ended.meaning": "The network works: the broker itself says why it ends the session. With “Session taken over”, a client with the same identifier has connected.",
    "findings.mqtt-session-ended.meaning.refused": "Network and broker work. The broker does not let this client in: its login, its identifier, its version, or its rate of connections.",
    "findings.mqtt-session-ended.meaning.keep-alive": "A client promises to send at least a PINGREQ in every keep-alive. After one and a half of them the broker takes it for lost, and publishes its will. The client's program may hang while its kernel still answers.",
    "findings.mqtt-session-ended.known": "The broker's packet was read; its reason code is a number of the specification.",
    "findings.mqtt-session-ended.known.keep-alive": "The keep-alive is in CONNECT or CONNACK. The silence is measured, and no byte is missing in it.",
    "findings.mqtt-session-ended.sure": "The reason is the broker's own; what led to it is in its log.",
    "findings.mqtt-session-ended.sure.keep-alive": "The silence and the close are certain. That one is the reason of the other follows from its length alone.",
    "findings.mqtt-session-ended.look": "The log of the broker at port {port}, at the time of packet {answer_frame}. Do two clients have one identifier?",
    "findings.mqtt-session-ended.look.refused": "The log of the broker at port {port} names the user. Check password, access list, identifier and version.",
    "findings.mqtt-session-ended.look.keep-alive": "What has the client's program done since packet {asked_frame}? If its host acknowledges the broker's FIN at once, the program hangs, not the host.",
}
