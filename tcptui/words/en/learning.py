"""Words of the predictions: questions, choices, and reasons."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "learning.title": "Predict{score}",
    "learning.score": " · {right} of {asked} correct",
    "learning.ever": "All time: {right} of {asked} correct.",
    "learning.hint.asked": "1-{last} answers · r shows it",
    "learning.hint.revealed": "p next",
    "learning.ask.next": "After packet {frame} ({before}): what comes next?",
    "learning.ask.verdict": "Which verdict does packet {frame} have?",
    "learning.ask.cause": "Why was packet {frame} retransmitted?",
    "learning.ask.client": "Which state is the client in after packet {frame}?",
    "learning.ask.server": "Which state is the server in after packet {frame}?",
    "learning.packet": "{side}: {what}",
    "learning.packet.syn": "SYN",
    "learning.packet.syn-ack": "SYN, ACK",
    "learning.packet.ack": "ACK, no data",
    "learning.packet.data": "new data",
    "learning.packet.resend": "the same again",
    "learning.packet.probe": "a probe (keep-alive or zero window)",
    "learning.packet.fin": "FIN",
    "learning.packet.rst": "RST",
    "learning.verdict.ordinary": "nothing special",
    "learning.cause.fast-recovery": "duplicate ACKs or SACK asked for it",
    "learning.cause.rto": "the retransmission timer expired",
    "learning.cause.tail-loss-probe": "a probe for a lost tail (TLP)",
    "learning.cause.network-duplicate": "not a retransmission: the network copied it",
    "learning.cause.zero-window-probe": "a probe of the closed window",
    "learning.right": "Right: ",
    "learning.wrong": "Not this time: ",
    "learning.revealed": "It is: ",
    "learning.instead": "it is “{answer}”, not “{taken}”.",
    "learning.and": " and ",
    "learning.because.state": "Packet {frame}: an end in {before} that {events} goes to {after} (RFC 9293).",
    "learning.because.shown": ("Packet {frame} shows it: an end in {before} that {events} goes to {after} (RFC 9293)."),
    "learning.because.hindsight": (
        "Packet {frame}: {before} before, {after} after it. Later packets prove it; ? shows the diagram."
    ),
    "learning.because.proved": "At that moment it is assumed; packet {frame} proves it.",
    "learning.because.later": "Later packets prove {state}.",
    "learning.because.verdict": "{name}: {rule}.",
    "learning.because.fast-recovery": (
        "Packet {frame} left as soon as ACKs showed a gap, before any timer expired (RFC 5681, RFC 6675)."
    ),
    "learning.because.rto": (
        "Nothing came back before packet {frame} for a whole retransmission timeout; further tries wait twice as long (RFC 6298)."
    ),
    "learning.because.tail-loss-probe": (
        "The last segment was left unacknowledged for about two round trips; packet {frame} provokes a reply before the timer expires (RFC 8985)."
    ),
    "learning.because.network-duplicate": (
        "Packet {frame} carries the same IP identification and timestamp as the first copy: one transmission, seen twice."
    ),
    "learning.because.zero-window-probe": (
        "The receiver's window is closed, and only a probe such as packet {frame} finds out when it opens (RFC 9293, "
        "3.8.6.1)."
    ),
    "learning.because.syn": "Packet {frame}, {later} later, begins a connection or retries.",
    "learning.because.syn-ack": "Packet {frame}, {later} later, accepts: it acknowledges the SYN (number {ack}).",
    "learning.because.ack": "Packet {frame}, {later} later, acknowledges up to {ack} and carries nothing itself.",
    "learning.because.data": "Packet {frame}, {later} later: {length} bytes from number {seq}.",
    "learning.because.resend": "Packet {frame}, {later} later, begins at number {seq}, which had been sent before.",
    "learning.because.probe": "Packet {frame}, {later} later, has a number that provokes a reply ({seq}).",
    "learning.because.fin": "Packet {frame}, {later} later: its sender has no more data; the FIN takes a number of its own.",
    "learning.because.rst": "Packet {frame}, {later} later, ends the connection at once.",
    "learning.waiting": "Hidden while you predict. Esc shows everything again.",
    "learning.notice.none": "None of the later packets can be predicted.",
    "learning.notice.no_stream": "No connection is selected.",
    "learning.notice.no_case": "No case teaches what is under the cursor.",
    "learning.notice.case": "Case “{title}”. Esc goes back.",
    "learning.notice.last_case": "This was the last case.",
    "learning.notice.first_case": "This is the first case.",
    "learning.notice.back": "Back to your capture.",
    "learning.in_capture": " in {name}",
    "learning.done": "done",
    "learning.about.opening": "opening",
    "learning.about.closing": "closing",
    "learning.about.liveness": "liveness keep-alive",
    "learning.about.loss": "loss",
    "learning.about.speed": "speed slow",
    "learning.about.trust": "capture quality",
    "learning.about.application": "application",
    "learning.about.capture": "several connections",
}
