"""The alternatives of findings above TCP, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.body-looks-like-header": "A body that looks like a header: its length is right, nobody answers 400.",
    "alternatives.newline-added-on-the-way": "A proxy put the field in, newline and all: capture in front of it.",
    "alternatives.program-stopped-sending": "The program crashed, was stopped or gave up: see its log.",
    "alternatives.length-counted-wrong": "Characters counted instead of bytes, or the body changed afterwards.",
    "alternatives.proxy-changed-body": "A proxy or filter changed the body, not its length: ask the server.",
    "alternatives.client-collects-body": "The client reads the whole body first: does it read a stream?",
    "alternatives.intermediary-collects-body": "A proxy or scanner nearer the client collects it: capture on the client.",
    "alternatives.events-made-at-end": "The program made all events at the end: its log shows when.",
    "alternatives.proxy-compresses": "A proxy compresses and buffers: curl at the server behind it.",
    "alternatives.proxy-buffers": "A reverse proxy collects the response (nginx: proxy_buffering on).",
    "alternatives.server-framework-buffers": "The server's framework collects it: strace -e trace=write,sendto.",
    "alternatives.tab-closed": "A browser tab or an app was closed: the usual reason, and harmless.",
    "alternatives.program-ended": "The program crashed or was killed; see its log, dmesg and exit status.",
    "alternatives.proxy-idle-timeout": "A proxy or balancer's idle time-out: compare it with the silence before.",
    "alternatives.proxy-drops-expect": "A proxy on the way swallows the header, or the 100 Continue.",
    "alternatives.client-busy": "The client was slow to make its body, whatever it had asked.",
    "alternatives.smuggling-tried": "Somebody tries to pass a request by a proxy that checks requests: who wrote this one?",
    "alternatives.field-set-twice": "An old or home-made program sets its fields wrongly: does it in every message?",
    "alternatives.proxy-added-field": "A proxy added a field of its own: capture in front of it.",
    "alternatives.body-quotes-request": "A body that quotes a request, such as a log or a test.",
}
