"""Sentences of the findings about many clients that only hold a server's places: half-open, or with endless heads."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    # -- syn-flood ---------------------------------------------------------------------
    "findings.syn-flood.name": "SYN flood",
    "findings.syn-flood.title": "SYN flood: {server} port {port}, {count} half-open",
    "findings.syn-flood.short": "SYN flood on port {port}, {count} half-open",
    "findings.syn-flood.happened": "{count:SYN|SYNs} from {sources:address|addresses} reached port {port} of {server} within {took_s}, up to {rate} in a second, and no second packet came from any. The server answered {answered} of them ({answered_percent} %); {opened:other connection|other connections} to the port opened meanwhile, {hurt:attempt|attempts} got no answer.",
    "findings.syn-flood.happened.few": "{count:SYN|SYNs} from {sources:address|addresses} ({client}) reached port {port} of {server} within {took_s}, up to {rate} in a second, and no second packet came behind any. The server answered {answered} of them ({answered_percent} %); {opened:other connection|other connections} to the port opened meanwhile, {hurt:attempt|attempts} got no answer.",
    "findings.syn-flood.meaning": "Nothing of this is packet loss. Each SYN takes a place in the queue of half-open connections until the server gives up; with that queue full, it drops real clients or answers with SYN cookies. The addresses are most likely forged.",
    "findings.syn-flood.meaning.few": "Nothing of this is packet loss. Each SYN takes a place in the queue of half-open connections until the server gives up; with that queue full, it drops real clients or answers with SYN cookies. So few addresses are rarely forged: a program there makes packets by hand, or drops the SYN-ACKs.",
    "findings.syn-flood.known": "A client that misses its SYN-ACK repeats the SYN after a second, and one that has it confirms it. These did neither, though the server repeated {repeats:SYN-ACK|SYN-ACKs} or other clients' next packets are in this capture.",
    "findings.syn-flood.sure": "That one packet came of each is certain; what sends them is inferred from their number and from the silence behind them.",
    "findings.syn-flood.look": "On {server}: ss -nt state syn-recv | wc -l, nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDrop TcpExtListenDrops, sysctl net.ipv4.tcp_syncookies (should be 1). Filter floods upstream, not by address.",
    "findings.syn-flood.look.few": "On {server}: ss -nt state syn-recv | wc -l, nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDrop. What runs on {client} (hping3, a load test, a broken firewall)? Limit it there, or per address on {server}.",
    # -- slowloris ---------------------------------------------------------------------
    "findings.slowloris.name": "Requests that never end (slowloris)",
    "findings.slowloris.title": "Slowloris: {count} unfinished requests, port {port}",
    "findings.slowloris.short": "slowloris: {count} unfinished requests",
    "findings.slowloris.happened": "{count:connection|connections} of {clients:client|clients} ({client}) to port {port} of {server} began an HTTP request whose head never ended, up to {most} at a time, for up to {longest_s} (at most {bytes:byte|bytes} in {pieces:piece|pieces}). Of other connections to the port {answered} got data meanwhile, {silent} got none.",
    "findings.slowloris.happened.alone": "{count:connection|connections} of {clients:client|clients} ({client}) to port {port} of {server} began an HTTP request whose head never ended, up to {most} at a time, for up to {longest_s} (at most {bytes:byte|bytes} in {pieces:piece|pieces}).",
    "findings.slowloris.meaning": "Each of them holds a worker or a slot of the server while it waits for the empty line that ends the head. A server with one worker a connection is soon full, while its processor and its link are idle.",
    "findings.slowloris.known": "The bytes begin like an HTTP request and have no empty line; the server acknowledged all of them, so none is missing on the way.",
    "findings.slowloris.sure": "That the heads have no end is certain; that somebody means it is inferred from how many are open at once.",
    "findings.slowloris.look": "On {server}: a time limit for the head (nginx client_header_timeout, Apache mod_reqtimeout, HAProxy timeout http-request) and a limit of connections an address. Who is {client}?",
}
