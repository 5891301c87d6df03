"""The meanings of WebSocket close codes (RFC 6455, 7.4.1, and the IANA registry), in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "narrative.reason.ws-1002": "the other end broke the protocol",
    "narrative.reason.ws-1003": "it cannot take this kind of data",
    "narrative.reason.ws-1007": "a message had invalid content (not UTF-8, for instance)",
    "narrative.reason.ws-1008": "a message broke its policy",
    "narrative.reason.ws-1009": "a message was too big",
    "narrative.reason.ws-1010": "the server lacks an extension that the client needs",
    "narrative.reason.ws-1011": "an error inside the server",
    "narrative.reason.ws-1012": "the service restarts",
    "narrative.reason.ws-1013": "overloaded, try again later",
    "narrative.reason.ws-1014": "a proxy got a bad response from its backend",
    "narrative.reason.ws-own": "an application-specific code",
    "narrative.reason.ws-unknown": "a code without a defined meaning",
}
