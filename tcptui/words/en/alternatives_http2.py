"""What else findings about HTTP/2 and gRPC may be, in English: the cause, and what would decide."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.http2-program-busy": "The receiver's program was busy or blocked (disk, lock, garbage collection): see its log.",
    "alternatives.http2-paused": "The receiver pauses on purpose, like a player whose buffer is full: then the pauses repeat.",
    "alternatives.http2-one-unread": "One unread response holds up all others: see which stream has most bytes unread.",
    "alternatives.http2-window-left": "The receiver returns credit late, in large steps: look at the sizes in its WINDOW_UPDATE frames.",
    "alternatives.http2-reads-by-clock": "The receiver limits its own rate: then the waits are even, and longer than the round trip.",
    "alternatives.http2-arrived-late": "The segment was late, not lost, and the retransmission unnecessary: a capture at the receiver shows it.",
    "alternatives.http2-restart": "The server was restarted or replaced just then: see its log.",
    "alternatives.http2-requests-limit": "The server ends each connection after some time or number of requests: then earlier connections end alike.",
    "alternatives.http2-crash": "The server's program died before its shutdown was over: see its log.",
    "alternatives.http2-client-storm": "The client repeats failed requests without a pause: compare the requests.",
    "alternatives.http2-limit-low": "The server's limit is lower than its clients need: see its settings.",
    "alternatives.http2-broken-peer": "One end has a fault: try another client, or another version.",
    "alternatives.http2-middlebox": "A proxy acts in the server's name: the header “server” and its log show it.",
    "alternatives.http2-refused-full": "All streams that the server allows were taken: compare with its SETTINGS.",
    "alternatives.http2-refused-closing": "The server is shutting down: a GOAWAY follows.",
    "alternatives.http2-attack": "An attack: then other connections, perhaps from many addresses, do the same.",
    "alternatives.http2-impatient": "A program cancels on its own: search as you type, duplicate requests, timeouts that are too short.",
    "alternatives.http2-server-busy": "The server has fewer threads or processes than requests: see its load.",
    "alternatives.http2-own-limit": "The client has its own limit of the same size: its settings show it.",
    "alternatives.http2-server-slow": "Slow responses fill any limit: see how long they take.",
    "alternatives.http2-settings-late": "The client sent requests before the server's SETTINGS had come: then only the first requests are refused.",
    "alternatives.http2-ignores-limit": "The client ignores the limit: then later requests are also refused.",
    "alternatives.grpc-backend": "The server waits for others (database, another service): see its own calls.",
    "alternatives.grpc-deadline-short": "The deadline is too short for this call, or what was left of a longer one.",
    "alternatives.grpc-queue": "The call waited in the server's queue, as all its threads were busy.",
}
