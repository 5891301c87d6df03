"""The alternatives of findings about speed, in English: what else could have taken the time."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.server-waits-itself": "The server waits for somebody else: a database, another service, a lock. Its own outgoing connections, or a trace of the request, tell.",
    "alternatives.more-expected": "The server expects more of the request than it got. If so, its answer, or an error, comes only after a time-out of its own; compare Content-Length.",
    "alternatives.long-poll": "The server waits on purpose until there is something to tell (long poll, push). If so, such waits come again and again, and end with news or at a round number of seconds.",
    "alternatives.client-pool": "A pool or browser kept the connection for later. If so, other connections to the same server were busy meanwhile, or the pauses have no pattern.",
    "alternatives.client-works": "The client's program worked on the answer first. Its CPU time and its log tell.",
    "alternatives.queue-instead": "The acknowledgments came late because of a queue on the path. If so, round trips grow with what is under way, and the window does not fill.",
    "alternatives.starved-host": "The {receiver}'s whole host was too busy to handle packets. If so, its other connections stall at the same moments; vmstat and mpstat tell.",
    "alternatives.paused-on-purpose": "The program reads only as fast as it wants to: a player that has buffered enough, a rate limit of its own. If so, the standstills are regular.",
    "alternatives.room-announced-late": "The program reads at once, but its system announces the room late. If so, recv-Q (ss -tm on the {receiver}) is empty during the standstills.",
    "alternatives.reads-by-clock": "The {receiver}'s program reads by a clock, or late. If so, recv-Q (ss -tm there) is seldom empty, and a larger window does not help.",
    "alternatives.window-grows": "Auto-tuning was still letting the window grow. If so, it is larger at the end than at the beginning, and a longer transfer is faster.",
    "alternatives.scale-stripped": "A firewall on the way removed the window scale option. A capture at the other end shows a SYN that still has it.",
    "alternatives.buffer-made-smaller": "The program set SO_RCVBUF after it was connected. strace -e trace=setsockopt on the {receiver} shows it.",
    "alternatives.memory-pressure": "The kernel of the {receiver} ran short of memory for sockets. nstat -az TcpExtTCPMemoryPressures and net.ipv4.tcp_mem tell.",
    "alternatives.two-steps": "The {sender}'s program works, or waits for something, between its two writes. If so, the second one does not follow the acknowledgment so closely every time.",
    "alternatives.sender-busy": "The {sender}'s processor or disk could not keep up. Its load (top, iostat) at that moment tells.",
    "alternatives.sender-buffer": "The {sender}'s send buffer is small and its program is slow to fill it again. ss -tmi there (sndbuf_limited) tells.",
    "alternatives.window-clamped": "The {sender}'s congestion window is held down (a route's cwnd lock, its congestion control). ss -ti there shows cwnd at a standstill.",
    "alternatives.shaper": "A shaper on the way, or SO_MAX_PACING_RATE, sets the pace. If so, the rate is a round number and the same with several connections together.",
    "alternatives.other-traffic": "Other traffic takes the rest of the path. If so, it is faster at another time of day.",
    "alternatives.delayed-acks": "The {receiver} delays its acknowledgments, or the acknowledgments' way back is slow. If so, round trips do not grow with what is under way.",
    "alternatives.path-changed": "The path became longer at some moment (another route, a radio link). If so, round trips step up once and stay.",
}
