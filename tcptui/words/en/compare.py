"""Words of comparisons: measures, effects, cautions."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "compare.side": (
        "{letter}  {files}: {count:connection|connections} of {clients:client|clients}, begun from {first} to {last}"
    ),
    "compare.side.empty": "{letter}  {files}: no connection",
    "compare.cautions": "Before you conclude:",
    "compare.not-comparable": "These two cannot be compared as they are:",
    "compare.caution.few-connections": (
        "A has {a:connection|connections} and B {b}: with fewer than 30 on a side, a difference cannot be distinguished from chance."
    ),
    "compare.caution.capture-point": (
        "A was captured at the {a}, B at the {b}. Round trips, retransmissions and think times differ for that "
        "alone. Compare captures of the same place."
    ),
    "compare.caution.other-ports": (
        "{a} of A's connections and {b} of B's go to ports that the other capture does not have: another filter, "
        "or other services. Choose the same with -Y."
    ),
    "compare.caution.other-servers": (
        "{a} of A's connections and {b} of B's go to servers that the other does not have. Compare each server "
        "with itself: --group tcptui.server."
    ),
    "compare.caution.mixture": (
        "The servers have other shares of the connections: {a} would have to go elsewhere. A difference of all "
        "may be none of any server (Simpson's paradox), so each is also given with one mixture. "
        "Compare each server with itself: --group tcptui.server."
    ),
    "compare.caution.other-hours": "A begins at {a}, B at {b}: other hours of the day have another load.",
    "compare.caution.other-weekday": "A begins at {a}, B at {b}: one is on a weekend, the other is not.",
    "compare.caution.other-length": (
        "A lasts {a}, B {b}: the shorter one has fewer long connections, and what takes long to show."
    ),
    "compare.caution.snap-length": (
        "{a} of A's packets and {b} of B's were cut: requests, and findings from payload, are missing there."
    ),
    "compare.caution.dropped": (
        "The recorder dropped {a} of A's packets and {b} of B's: missing packets look like losses or hide them."
    ),
    "compare.caution.few-clients": (
        "Too few independent clients (A has {a:client|clients}, B {b}): a difference cannot be distinguished from the "
        "good or bad day of one. Intervals below are about these connections alone."
    ),
    "compare.caution.in-both": "{a:connection matches|connections match} both filters and are on neither side.",
    "compare.caution.groups-left-out": (
        "{a:group was|groups were} not compared: too few connections or clients on a side, or beyond the 50 largest."
    ),
    "compare.point.client": "client",
    "compare.point.server": "server",
    "compare.point.middle": "middle of the path",
    "compare.nothing": "Nothing could be compared: there are too few connections.",
    "compare.summary": (
        "{count:comparison was|comparisons were} made. Each interval (in brackets) has {sure}. Where nothing changed, about "
        "one pair of captures in twenty shows a difference by chance."
    ),
    "compare.summary.undecided": (
        "{count:comparison was|comparisons were} made, but there are too few independent clients to decide on any."
    ),
    "compare.same": "{count:comparison was|comparisons were} made, and none shows a difference beyond chance.",
    "compare.worse.b": "Worse in B:",
    "compare.worse.a": "Worse in A:",
    "compare.worse.unclear": "Different, neither better nor worse:",
    "compare.undecided": "Not decided; intervals (95 %) of these connections alone:",
    "compare.unchanged": "No difference found (95 % intervals):",
    "compare.in-group": "{name}, {field} {value}",
    "compare.effect.ratio": "{name}: ×{effect} ({low} to {high}), {a} → {b}",
    "compare.effect.seconds": "{name}: {effect} ({low} to {high}), {a} → {b}",
    "compare.effect.per-1000": "{name}: {effect} per 1,000 ({low} to {high}), {a} → {b}",
    "compare.tail": "{name}, slowest tenth",
    "compare.mixture.gone": (
        "With one mixture of servers: {effect} ({low} to {high}). It may come from the mixture alone."
    ),
    "compare.mixture.stays": "With one mixture of servers: {effect} ({low} to {high}).",
    "compare.streams": "Connections: A {a}; B {b}",
    "compare.rate": "{n} Mbit/s",
    "compare.measure.handshake": "Handshake",
    "compare.measure.rtt": "Round trip",
    "compare.measure.think": "Server think time",
    "compare.measure.client-think": "Client think time",
    "compare.measure.throughput": "Throughput of transfers",
    "compare.measure.loss": "Retransmitted segments",
    "compare.measure.loss.cause": "Retransmitted segments, {detail}",
    "compare.measure.finding": "Connections with {detail}",
    "compare.measure.option": "Connections that agree on {detail}",
    "compare.measure.option.offered": "Connections whose client offers {detail}",
    "compare.measure.mss": "Connections with an MSS of {size}",
    "compare.measure.statement": "Time of {detail}",
    "compare.measure.statement-errors": "Errors of {detail}",
    "compare.cause.fast-recovery": "fast recovery",
    "compare.cause.rto": "timeout (RTO)",
    "compare.cause.tail-loss-probe": "tail loss probe",
    "compare.cause.syn-retry": "SYN again",
    "compare.cause.unknown": "cause unknown",
    "compare.option.sack": "SACK",
    "compare.option.window-scale": "window scaling",
    "compare.option.timestamps": "timestamps",
    "compare.option.ecn": "ECN",
    "compare.option.mptcp": "Multipath TCP",
    "compare.only": "Only in {letter}:",
    "compare.only.finding": "finding {name}: {count} of {of:connection|connections} ({streams})",
    "compare.only.option": "option {name}: {count} of {of:connection|connections} ({streams})",
    "compare.only.server": "server {name}: {count} of {of:connection|connections} ({streams})",
    "compare.only.statement": "{name}: {count} of {of:request|requests} (connections {streams})",
    "compare.only.group": "{name}: {count} of {of:connection|connections} ({streams})",
    "compare.only.unsure": "{line}; may be chance",
    "compare.more": "{count} more: --json lists them all.",
}
