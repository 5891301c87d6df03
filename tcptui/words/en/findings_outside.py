"""The findings about what is not TCP and breaks it, in English.  Keys and parts as in `findings`."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "findings.neighbour-silent.name": "Neighbour does not answer ARP",
    "findings.neighbour-silent.title": "No answer to {protocol}: {target}",
    "findings.neighbour-silent.title.late": "{protocol} answer only after {took_s}: {target}",
    "findings.neighbour-silent.short": "no {protocol} answer",
    "findings.neighbour-silent.short.late": "{protocol} answer after {took_s}",
    "findings.neighbour-silent.happened": "{asker} asked {asked:time|times} for the hardware address of {target} and got no answer ({protocol}, packets {first_frame} to {last_frame}, {took_s}). Connections to it that failed meanwhile: {count}.",
    "findings.neighbour-silent.happened.late": "{asker} asked {asked:time|times} for the hardware address of {target} before it was answered ({protocol}, packets {first_frame} to {last_frame}). That took {took_s}; connections that waited for it: {count}.",
    "findings.neighbour-silent.meaning": '{asker} holds {target} for a neighbour on the same link and cannot send it anything: no SYN, no datagram. Programs there get "no route to host", or time out.',
    "findings.neighbour-silent.meaning.late": "What {asker} had for {target} waited meanwhile in {asker}: the first SYN left only then, and is not to blame.",
    "findings.neighbour-silent.known": "Each question is in the capture, and no answer. Who gets an answer stops asking.",
    "findings.neighbour-silent.known.late": "Questions and answer are in the capture; the connection began right behind the answer.",
    "findings.neighbour-silent.sure": "That {asker} asked again and again is in the packets. Why nobody answers is not.",
    "findings.neighbour-silent.sure.late": "Questions, answer and times are in the packets.",
    "findings.neighbour-silent.look": "On {asker}: ip neigh show {target} (FAILED, INCOMPLETE), ip route get {target}. On the switch: is the port up, which VLAN is it in?",
    "findings.neighbour-silent.look.late": "On {target}: does it sleep, or did its link come up just then? On the switch: spanning tree, broadcast limits.",
    "findings.icmp-error.name": "ICMP error without its connection",
    "findings.icmp-error.title": "ICMP: {reason}",
    "findings.icmp-error.title.tcp": "ICMP: {reason}, TCP port {port}",
    "findings.icmp-error.short": "ICMP: {reason}",
    "findings.icmp-error.short.tcp": "ICMP: {reason}",
    "findings.icmp-error.happened": "{sender_address} told {client} by ICMP that {server} cannot be reached: {reason} ({protocol}, first packet {first_frame}; {errors:error|errors}).",
    "findings.icmp-error.happened.tcp": "{sender_address} told {client} by ICMP that {server} port {port} cannot be reached: {reason} ({protocol}, first packet {first_frame}; {errors:error|errors}). The connection itself is not in the capture.",
    "findings.icmp-error.meaning": "What {client} sent to {server} did not arrive, and the sender of the error says why. TCP to that address would meet the same.",
    "findings.icmp-error.meaning.tcp": "What {client} sent to {server} did not arrive, and the sender of the error says why. A program that is opening a connection gets that error at once; an open connection goes on trying.",
    "findings.icmp-error.known": "The error quotes the packet that it is about: addresses and protocol.",
    "findings.icmp-error.known.tcp": "The error quotes the packet that it is about: addresses and ports.",
    "findings.icmp-error.sure": "The message is in the capture; who sent it is written in it.",
    "findings.icmp-error.sure.tcp": "The message is in the capture; who sent it is written in it.",
    "findings.icmp-error.look": "Rules and routes on {sender_address}; ip route get {server} there.",
    "findings.icmp-error.look.tcp": "Rules and routes on {sender_address}; traceroute -T -p {port} {server} from {client}. Capture without a filter: the connection shows what it cost.",
}
