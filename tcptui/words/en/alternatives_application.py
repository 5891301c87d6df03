"""The alternatives of findings above TCP, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.body-looks-like-header": "The body looks like a header on purpose (a forwarded mail, a stored message). If so, its length is right and nobody answers 400.",
    "alternatives.newline-added-on-the-way": "A proxy put the field in, newline and all. A capture in front of it will tell.",
    "alternatives.program-stopped-sending": "The program crashed, was stopped or gave up while it was sending. Its log at that moment will tell.",
    "alternatives.length-counted-wrong": "Characters were counted instead of bytes, or the body changed after its length was set. Compare it with what the program holds.",
    "alternatives.proxy-changed-body": "A proxy or filter changed the body and kept its length. Ask the server behind it.",
    "alternatives.client-collects-body": "The client reads the whole body before it shows anything. Its code will tell: is the response read as a stream?",
    "alternatives.intermediary-collects-body": "A proxy or virus scanner nearer to the client collects the body. A capture on the client's own machine will tell.",
    "alternatives.events-made-at-end": "The program made all events at the end: then nobody held anything back. Its log of when each was made will tell.",
    "alternatives.proxy-compresses": "Not the server compresses but a proxy in front of it, and buffers as it does. curl at the server behind it will tell.",
    "alternatives.proxy-buffers": "A reverse proxy collects the response (nginx: proxy_buffering on). A capture between it and the program will tell.",
    "alternatives.server-framework-buffers": "The server's framework or an output filter collects what the program writes. strace -e trace=write,sendto on the server will tell.",
    "alternatives.tab-closed": "A browser tab or an app was closed: the usual reason, and harmless.",
    "alternatives.program-ended": "The program crashed or was killed. Its log, dmesg and exit status will tell.",
    "alternatives.proxy-idle-timeout": "A proxy or load balancer on the way dropped a conversation that was silent for too long. Its time-out against the silence before will tell.",
}
