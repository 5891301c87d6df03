"""The alternatives of findings about speed, in English: what else could have taken the time."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "alternatives.server-waits-itself": "The server is itself waiting (database, lock): see its own connections.",
    "alternatives.more-expected": "The server expects more of the request: compare Content-Length.",
    "alternatives.long-poll": "Long poll or push: such waits repeat, and end with news.",
    "alternatives.client-pool": "A pool kept the connection for later: others were busy during that time.",
    "alternatives.client-works": "The client's program was processing the response: see its CPU time and log.",
    "alternatives.queue-instead": "A queue on the path: round trips grow, the window does not fill.",
    "alternatives.starved-host": "The {receiver}'s whole host was too busy: then others also stall (vmstat).",
    "alternatives.paused-on-purpose": "The program limits its own reading (player, rate limit): regular pauses.",
    "alternatives.room-announced-late": "Its system announces room late: then Recv-Q (ss -tm) is empty during the wait.",
    "alternatives.reads-by-clock": "The program reads on a timer, or late: Recv-Q (ss -tm) is seldom empty.",
    "alternatives.acks-held": "Its network card or kernel holds ACKs back (interrupt moderation): then fast readers also show it.",
    "alternatives.window-grows": "Auto-tuning still lets the window grow: longer transfers are faster.",
    "alternatives.reverse-lookup": "The server first looks up the client's name or user, and gets no response.",
    "alternatives.accept-late": "The program accepts late: all of its workers are busy, or it starts one first.",
    "alternatives.scale-stripped": "A firewall removed the window scale option: compare the far end's SYN.",
    "alternatives.buffer-made-smaller": "The program set SO_RCVBUF after connecting: strace -e trace=setsockopt.",
    "alternatives.memory-pressure": "The {receiver} ran short of socket memory: TcpExtTCPMemoryPressures.",
    "alternatives.two-steps": "The program works between its two writes: then they do not always follow an ACK.",
    "alternatives.sender-busy": "The {sender}'s processor or disk could not keep up: top, iostat.",
    "alternatives.sender-buffer": "Small send buffer, slow program: ss -tmi there (sndbuf_limited).",
    "alternatives.window-clamped": "The congestion window is held down: ss -ti shows a constant cwnd.",
    "alternatives.shaper": "A shaper or SO_MAX_PACING_RATE: a round rate, shared by connections.",
    "alternatives.other-traffic": "Other traffic takes the rest of the path: faster at other times.",
    "alternatives.delayed-acks": "Delayed or slow ACKs: then round trips do not grow with the data in flight.",
    "alternatives.path-changed": "The path became longer (route, radio): then round trips step up once and stay.",
}
