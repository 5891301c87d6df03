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
    "findings.mqtt-session-ended.meaning": "The network works: the broker itself gives the reason. With “Session taken over”, a client with the same identifier has connected.",
    "findings.mqtt-session-ended.meaning.refused": "Network and broker work. The broker does not let this client in: its login, its identifier, its version, or its rate of connections.",
    "findings.mqtt-session-ended.meaning.keep-alive": "A client promises to send at least a PINGREQ in every keep-alive. After one and a half of them the broker considers it lost, and publishes its will. The client's program may hang although its kernel still sends ACKs.",
    "findings.mqtt-session-ended.known": "The broker's packet was read; its reason code is a number of the specification.",
    "findings.mqtt-session-ended.known.keep-alive": "The keep-alive is in CONNECT or CONNACK. The silence is measured, and no byte is missing in it.",
    "findings.mqtt-session-ended.sure": "The reason is the broker's own; what led to it is in its log.",
    "findings.mqtt-session-ended.sure.keep-alive": "Certain: the silence and the close. Likely: one is the reason for the other, by its length.",
    "findings.mqtt-session-ended.look": "Read the broker's log (port {port}) at the time of packet {answer_frame}. Check that no two clients use one identifier.",
    "findings.mqtt-session-ended.look.refused": "The log of the broker at port {port} names the user. Check password, access list, identifier and version.",
    "findings.mqtt-session-ended.look.keep-alive": "Check what the client's program has done since packet {asked_frame}. If its host acknowledges the broker's FIN at once, the program hangs, not the host.",
}
