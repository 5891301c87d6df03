"""The finding about DNS, in English.  Keys and parts as in `findings`."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "findings.dns-detour.name": "DNS answer did not fit into a datagram",
    "findings.dns-detour.title": "DNS: {questions:question|questions} asked again over TCP",
    "findings.dns-detour.title.refused": "DNS answer cut, and TCP refused",
    "findings.dns-detour.title.silent": "DNS answer cut, and TCP not answered",
    "findings.dns-detour.short": "{questions:detour|detours} over TCP",
    "findings.dns-detour.short.refused": "cut, TCP refused",
    "findings.dns-detour.short.silent": "cut, TCP silent",
    "findings.dns-detour.happened": "{server} cut {questions:answer|answers} to {client} (TC flag), and {client} asked again over TCP. From the cut answer to the whole one it took {worst_s} at worst ({question}, packets {udp_frame} and {tcp_frame}), and {total_s} in all.",
    "findings.dns-detour.happened.refused": "{server} cut its answer to {question} (TC flag, packet {udp_frame}). {client} then tried TCP port 53 (packet {tcp_frame}), and was refused; attempts: {count}.",
    "findings.dns-detour.happened.silent": "{server} cut its answer to {question} (TC flag, packet {udp_frame}). {client} then tried TCP port 53, and nothing answered (from packet {tcp_frame} on); attempts: {count}.",
    "findings.dns-detour.meaning": "The answers are whole in the end. The way there took {trips:more round trip|more round trips} than answers that fit: one for each question, and one for each connection that was opened for it.",
    "findings.dns-detour.meaning.refused": "Small answers work and large ones never arrive: names with many records, or long ones, cannot be looked up at this server. DNS over TCP is no option that one may leave out (RFC 7766).",
    "findings.dns-detour.meaning.silent": "Small answers work and large ones never arrive: names with many records, or long ones, cannot be looked up at this server, and each try waits for its time-out. DNS over TCP is no option that one may leave out (RFC 7766).",
    "findings.dns-detour.known": "The cut answers were read from their datagrams, the whole ones from TCP; client, server and question are the same.",
    "findings.dns-detour.known.refused": "The cut answer was read from its datagram; the same client sent its SYN to the same server within a second.",
    "findings.dns-detour.known.silent": "The cut answer was read from its datagram; the same client sent its SYN to the same server within a second.",
    "findings.dns-detour.sure": "Flag, questions and times are in the packets.",
    "findings.dns-detour.sure.refused": "Both are in the packets. That the one led to the other is how clients work; the question over TCP was never sent.",
    "findings.dns-detour.sure.silent": "Both are in the packets. That the one led to the other is how clients work; the question over TCP was never sent.",
    "findings.dns-detour.look": "Packet {udp_frame}: how large an answer did the question permit (EDNS, UDP payload size)? 1232 bytes pass nearly everywhere; without EDNS it is 512.",
    "findings.dns-detour.look.refused": "On {server}: does the name server listen at TCP port 53 (ss -lnt), and does a firewall let it through?",
    "findings.dns-detour.look.silent": "Firewalls between {client} and {server}: UDP port 53 passes; does TCP port 53? On {server}: ss -lnt.",
}
