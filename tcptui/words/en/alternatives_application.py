"""The alternatives of findings above TCP, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.body-looks-like-header": "The body looks like a header on purpose (a forwarded mail, a stored message): its length is right and nobody answers 400.",
    "alternatives.newline-added-on-the-way": "A proxy put the field in, newline and all; capture in front of it.",
    "alternatives.program-stopped-sending": "The program crashed, was stopped or gave up while it was sending; see its log at that moment.",
    "alternatives.length-counted-wrong": "Characters were counted instead of bytes, or the body changed after its length was set. Compare it with what the program holds.",
    "alternatives.proxy-changed-body": "A proxy or filter changed the body and kept its length; ask the server behind it.",
    "alternatives.client-collects-body": "The client reads the whole body before it shows anything: does its code read the response as a stream?",
    "alternatives.intermediary-collects-body": "A proxy or virus scanner nearer to the client collects the body; capture on the client's own machine.",
    "alternatives.events-made-at-end": "The program made all events at the end, and nobody held anything back: its log shows when each was made.",
    "alternatives.proxy-compresses": "A proxy in front of the server compresses, and buffers as it does: curl at the server behind it.",
    "alternatives.proxy-buffers": "A reverse proxy collects the response (nginx: proxy_buffering on); capture between it and the program.",
    "alternatives.server-framework-buffers": "The server's framework or an output filter collects what the program writes: strace -e trace=write,sendto.",
    "alternatives.tab-closed": "A browser tab or an app was closed: the usual reason, and harmless.",
    "alternatives.program-ended": "The program crashed or was killed; see its log, dmesg and exit status.",
    "alternatives.proxy-idle-timeout": "A proxy or load balancer dropped a conversation that was silent too long: compare its time-out with the silence before.",
}
