"""Glossary: causes and protocols that findings mention."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "glossary.challenge-ack": "Challenge ACK: the reply to a SYN or a RST that does not quite fit an existing connection (RFC 5961). If the sender of the SYN does not have that connection, it replies with a RST.",
    "glossary.stall": "Stall: a time in which nothing moves. When all hosts fall silent and resume together, the cause is on the path they share.",
    "glossary.idle-timeout": "Idle timeout: NAT gateways, firewalls and load balancers remove the session of a connection that is silent for too long, and drop or reset its later packets. Keep-alives prevent it.",
    "glossary.nat": "Network address translation (NAT): a device rewrites the address or port of packets that pass, and restores the old one in the replies. Port forwarding, load balancers and Kubernetes services work this way, so the replies must return through it.",
    "glossary.name-lookup": "Name lookup (DNS): a program asks a name server for the address of a name, usually over UDP, before it can open a connection. Without a response it retries after a timeout of seconds.",
    "glossary.neighbour": "Neighbour (ARP, neighbour discovery): a host on the same link. Before the first packet to it can leave, all hosts are asked for its hardware address. Until it replies, the packet waits in the sender and no capture shows it.",
    "glossary.path-lost": "Path lost: data is retransmitted at longer and longer intervals, and nothing comes back. Linux gives up after tcp_retries2 tries, without sending a packet about it.",
    "glossary.content-conflict": "Same bytes, different content: two packets carry the same sequence numbers with different bytes. A sender never does that: a third party wrote into the connection, or changed it.",
    "glossary.checksum": "Checksum: a sum over the segment and its addresses that reveals damage. The receiver drops a damaged segment silently, as if it had been lost.",
    "glossary.path-mtu": "Path MTU: the largest packet that fits all links of a path. A router that must drop a larger one reports it by ICMP. If that message is filtered, large packets vanish and small ones pass: a black hole.",
    "glossary.ecn": "Explicit congestion notification (ECN): a router marks a packet instead of dropping it; the receiver echoes the mark (ECE), the sender slows down and reports it (CWR).",
    "glossary.think-time": "Processing time: the time that a program, not the network, takes: between request and response (server) or between a response and the next request (client). Often called think time.",
    "glossary.application-limited": "Application limited: the connection could carry more, but the sending program had nothing to send.",
    "glossary.send-buffer": "Send buffer: what a sender must keep until it is acknowledged. If it is smaller than the path can hold, it limits the rate.",
    "glossary.queueing-delay": "Queueing delay: the time that packets wait in a full queue on the path. The more data is in flight, the longer every round trip (bufferbloat).",
    "glossary.clock-step": "Clock step: the capturing machine's clock was set during the capture, so times jump or go back.",
    "glossary.http": "HTTP: requests and responses with a header block, an empty line, and a body whose length is announced or sent in chunks.",
    "glossary.event-stream": "Event stream (SSE): an HTTP response that does not end; the server adds events as they happen (text/event-stream).",
    "glossary.websocket": "WebSocket: an HTTP connection that both ends agree to use for messages in either direction (status 101, RFC 6455).",
    "glossary.http2": "HTTP/2: many requests at a time on one connection, each a stream of frames, with windows of their own above TCP's. gRPC uses it.",
    "glossary.statement": "Statement: what a client asks a database, in SQL or as a command, without the values that change each time.",
    "glossary.tls": "TLS: encryption over TCP (https and others). A handshake agrees on version, cipher suite and keys; if it fails, an alert gives the reason.",
}
