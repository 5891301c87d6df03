"""The alternatives of findings above TCP, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.body-looks-like-header": "A body that looks like a header: then its length is right, and there is no 400 response.",
    "alternatives.newline-added-on-the-way": "A proxy inserted the field, newline and all: capture in front of it.",
    "alternatives.program-stopped-sending": "The program crashed, was stopped or gave up: see its log.",
    "alternatives.length-counted-wrong": "Characters counted instead of bytes, or the body changed afterwards.",
    "alternatives.proxy-changed-body": "A proxy or filter changed the body but not its length: query the server directly.",
    "alternatives.client-collects-body": "The client reads the whole body first: check whether it reads a stream.",
    "alternatives.intermediary-collects-body": "A proxy or scanner nearer the client buffers it: capture on the client.",
    "alternatives.events-made-at-end": "The program produced all events at the end: its log shows when.",
    "alternatives.proxy-compresses": "A proxy compresses and buffers: use curl on its backend directly.",
    "alternatives.proxy-buffers": "A reverse proxy buffers the response (nginx: proxy_buffering on). Capture between it and the program.",
    "alternatives.server-framework-buffers": "The server's framework buffers it: strace -e trace=write,sendto.",
    "alternatives.tab-closed": "A browser tab or an app was closed: the usual reason, and harmless.",
    "alternatives.program-ended": "The program crashed or was killed; see its log, dmesg and exit status.",
    "alternatives.proxy-idle-timeout": "The idle timeout of a proxy or load balancer: compare it with the silence before.",
    "alternatives.proxy-drops-expect": "A proxy on the path drops the header, or the 100 Continue.",
    "alternatives.client-busy": "The client was slow to prepare its body, whatever it had requested.",
    "alternatives.smuggling-tried": "An attacker tries to get a request past a proxy that checks requests: find out which program sent it.",
    "alternatives.field-set-twice": "An old or home-made program sets its fields wrongly: does it in every message?",
    "alternatives.proxy-added-field": "A proxy added a field of its own: capture in front of it.",
    "alternatives.body-quotes-request": "A body that quotes a request, such as a log or a test.",
}
