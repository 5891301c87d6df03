"""The alternatives of findings about speed, in English: what else could have taken the time."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.server-waits-itself": "The server waits for somebody else (a database, another service, a lock): see its own outgoing connections, or a trace of the request.",
    "alternatives.more-expected": "The server expects more of the request than it got; its answer, or an error, comes only after its own time-out. Compare Content-Length.",
    "alternatives.long-poll": "The server waits on purpose until there is news (long poll, push): such waits repeat, and end with news or at a round number of seconds.",
    "alternatives.client-pool": "A pool or browser kept the connection for later: other connections to the server were busy meanwhile, or the pauses have no pattern.",
    "alternatives.client-works": "The client's program worked on the answer first; see its CPU time and log.",
    "alternatives.queue-instead": "The ACKs came late because of a queue on the path: round trips grow with what is in flight, and the window does not fill.",
    "alternatives.starved-host": "The {receiver}'s whole host was too busy: its other connections stall at the same moments (vmstat, mpstat).",
    "alternatives.paused-on-purpose": "The program reads only as fast as it wants to (a player with enough in its buffer, its own rate limit): the standstills are regular.",
    "alternatives.room-announced-late": "The program reads at once, but its system announces the room late: Recv-Q (ss -tm on the {receiver}) is empty during the standstills.",
    "alternatives.reads-by-clock": "The {receiver}'s program reads by a clock, or late: Recv-Q (ss -tm there) is seldom empty, and a larger window does not help.",
    "alternatives.window-grows": "Auto-tuning was still letting the window grow: it is larger at the end, and longer transfers are faster.",
    "alternatives.scale-stripped": "A firewall on the way removed the window scale option; the SYN still has it at the other end.",
    "alternatives.buffer-made-smaller": "The program set SO_RCVBUF once connected: strace -e trace=setsockopt on the {receiver}.",
    "alternatives.memory-pressure": "The {receiver}'s kernel ran short of socket memory: nstat -az TcpExtTCPMemoryPressures, net.ipv4.tcp_mem.",
    "alternatives.two-steps": "The {sender}'s program works, or waits, between its two writes; the second one would not follow the ACK so closely every time.",
    "alternatives.sender-busy": "The {sender}'s processor or disk could not keep up: its load at that moment (top, iostat).",
    "alternatives.sender-buffer": "The {sender}'s send buffer is small and its program slow to refill it: ss -tmi there (sndbuf_limited).",
    "alternatives.window-clamped": "The {sender}'s congestion window is held down (a route's cwnd lock, its congestion control): ss -ti there shows cwnd at a standstill.",
    "alternatives.shaper": "A shaper on the way, or SO_MAX_PACING_RATE, sets the pace: a round rate, the same with several connections together.",
    "alternatives.other-traffic": "Other traffic takes the rest of the path: it is faster at another time of day.",
    "alternatives.delayed-acks": "The {receiver} delays its ACKs, or their way back is slow: round trips do not grow with what is in flight.",
    "alternatives.path-changed": "The path became longer at some moment (another route, a radio link): round trips step up once and stay.",
}
