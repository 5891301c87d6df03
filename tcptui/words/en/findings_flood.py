"""Sentences of the findings about many clients that only hold a server's places: half-open, or with endless heads."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    # -- syn-flood ---------------------------------------------------------------------
    "findings.syn-flood.name": "SYN flood",
    "findings.syn-flood.title": "SYN flood: {server} port {port}, {count} half-open",
    "findings.syn-flood.short": "SYN flood on port {port}, {count} half-open",
    "findings.syn-flood.happened": "{count:SYN|SYNs} from {sources:address|addresses} reached {server} port {port} within {took_s}, up to {rate} per second. None was followed by a second packet. The server replied to {answered} of them ({answered_percent} %). During that time {opened:other connection|other connections} to the port opened, and {hurt:attempt|attempts} got no reply.",
    "findings.syn-flood.happened.few": "{count:SYN|SYNs} from {sources:address|addresses} ({client}) reached {server} port {port} within {took_s}, up to {rate} per second. None was followed by a second packet. The server replied to {answered} of them ({answered_percent} %). During that time {opened:other connection|other connections} to the port opened, and {hurt:attempt|attempts} got no reply.",
    "findings.syn-flood.meaning": "This is not packet loss. Each SYN takes a place in the queue of half-open connections until the server gives up. With that queue full, it drops real clients or replies with SYN cookies. The addresses are most likely forged.",
    "findings.syn-flood.meaning.few": "This is not packet loss. Each SYN takes a place in the queue of half-open connections until the server gives up. With that queue full, it drops real clients or replies with SYN cookies. So few addresses are rarely forged: a program there crafts packets, or drops the SYN-ACKs.",
    "findings.syn-flood.known": "A client that misses its SYN-ACK retransmits its SYN after a second, and one that has it acknowledges it. These did neither, although the server retransmitted {repeats:SYN-ACK|SYN-ACKs} or other clients' next packets are in this capture.",
    "findings.syn-flood.sure": "Certain: only one packet came from each. The kind of sender is inferred from their number and the silence that followed.",
    "findings.syn-flood.look": "On {server}, run ss -nt state syn-recv | wc -l and nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDrop TcpExtListenDrops, and check sysctl net.ipv4.tcp_syncookies (should be 1). Filter floods upstream, not by address.",
    "findings.syn-flood.look.few": "On {server}, run ss -nt state syn-recv | wc -l and nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDrop. Find out what runs on {client} (hping3, a load test, a broken firewall). Limit it there, or per address on {server}.",
    # -- slowloris ---------------------------------------------------------------------
    "findings.slowloris.name": "Requests that never end (slowloris)",
    "findings.slowloris.title": "Slowloris: {count} unfinished requests, port {port}",
    "findings.slowloris.short": "slowloris: {count} unfinished requests",
    "findings.slowloris.happened": "{count:connection|connections} from {clients:client|clients} ({client}) to {server} port {port} began an HTTP request that never completed its header. Up to {most} were open at a time, for up to {longest_s} (at most {bytes:byte|bytes} in {pieces:piece|pieces}). Of the other connections to the port, {answered} got data during that time and {silent} got none.",
    "findings.slowloris.happened.alone": "{count:connection|connections} from {clients:client|clients} ({client}) to {server} port {port} began an HTTP request that never completed its header. Up to {most} were open at a time, for up to {longest_s} (at most {bytes:byte|bytes} in {pieces:piece|pieces}).",
    "findings.slowloris.meaning": "Each of them holds a worker or slot while the server waits for the empty line that ends the header. A server with one worker per connection is soon full, while its processor and its link are idle.",
    "findings.slowloris.known": "The bytes begin like an HTTP request and have no empty line. The server acknowledged all of them, so none was lost in transit.",
    "findings.slowloris.sure": "Certain: the headers have no end. Intent is inferred from how many are open at once.",
    "findings.slowloris.look": "On {server}, set a time limit for the header (nginx client_header_timeout, Apache mod_reqtimeout, HAProxy timeout http-request) and a limit of connections per address. Find out who {client} is.",
}
