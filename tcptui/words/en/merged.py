"""Words about the same traffic at two capture points."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "merged.point": "{letter}  {name}: {packets:packet|packets}, {streams:connection|connections}",
    "merged.clock.between": (
        "Offset: to get A's time, add {low} to {high} to B's. The width, {width}, is the fastest round trip between A"
        " and B; packets cannot narrow it further."
    ),
    "merged.clock.at-least": (
        "Offset: to get A's time, add at least {low} to B's. There is no upper bound: no packet from B to A is in"
        " both captures."
    ),
    "merged.clock.at-most": (
        "Offset: to get A's time, add at most {high} to B's. There is no lower bound: no packet from A to B is in"
        " both captures."
    ),
    "merged.clock.no-packets": "Offset: unknown, because no packet is in both captures.",
    "merged.clock.none": (
        "Offset: unknown. The packets contradict each other, or do not show which point is nearer to the client."
    ),
    "merged.clock.drift": "Drift: the offset changes by {ppm} ppm (between {low} and {high}).",
    "merged.clock.no-drift": "Drift: none is visible (between {low} and {high} ppm).",
    "merged.clock.drift-unknown": "Drift: unknown, because the captures are too short for this width.",
    "merged.clock.step": "Step: one of the clocks jumped at {time} by A's clock; the offset changed by {size}.",
    "merged.clock.left-out": "{count:packet contradicts|packets contradict} all others and did not count.",
    "merged.clock.symmetric": (
        "Both directions are assumed to take equally long (--assume-symmetric). All delays below depend on that."
    ),
    "merged.pairs": ("{same:connection is|connections are} in both captures, {a} only in A, {b} only in B."),
    "merged.legs": (
        "{count:pair of connections has|pairs of connections have} the same data in different TCP connections:"
        " probably a proxy or similar device between A and B, or the same content sent twice."
    ),
    "merged.contradicting": (
        "{count:pair of connections has|pairs of connections have} the same sequence numbers at impossible times, and"
        " did not count as one connection."
    ),
    "merged.stream": "A {a} = B {b}: {client} → {server}",
    "merged.stream.renamed": "A {a} = B {b}: {client} → {server}, at B {client_b} → {server_b}",
    "merged.stream.legs": "the same data ({votes:segment|segments}), but two TCP connections",
    "merged.paired": "in both: {paired_a} of {packets_a:packet|packets} of A, {paired_b} of {packets_b} of B",
    "merged.only.lost-between": "lost between {here} and {there}: {count:packet|packets} ({here}: {frames})",
    "merged.only.not-captured": "not captured at {there}: {count:packet|packets} ({here}: {frames})",
    "merged.only.duplicated": "duplicated between {there} and {here}: {count:packet|packets} ({here}: {frames})",
    "merged.only.unknown": "only in {here}, cause unknown: {count:packet|packets} ({here}: {frames})",
    "merged.outside": "{count:packet|packets} of {here} outside the time of {there}'s capture",
    "merged.reordered": (
        "reordered from {here} to {there}: {count:packet|packets} overtaken by later ones ({there}: {frames})"
    ),
    "merged.delay": "{here} to {there}, above the fastest: median {median}, 90 % within {p90}, longest {most}",
    "merged.delay.symmetric": "{here} to {there}: shortest {least}, median {median}, 90 % within {p90}, longest {most}",
    "merged.split.heading": (
        "Slowest responses. The time between A and B is exact for both directions together; each direction alone is"
        " known as a range."
    ),
    "merged.split.opening": (
        "A {a}, SYN to SYN-ACK: {total} at {near} ({near}: {asked}, {answered}), {beyond} of it beyond {far},"
        " {ways} between {near} and {far}."
    ),
    "merged.split.data": (
        "A {a}, request to first data back: {total} at {near} ({near}: {asked}, {answered}), {beyond} of it beyond"
        " {far}, {ways} between {near} and {far}."
    ),
    "merged.split.request": (
        "A {a}, {operation}: {total} at {near} to the first byte of the response ({near}: {asked}, {answered}),"
        " {beyond} of it beyond {far}, {ways} between {near} and {far}."
    ),
    "merged.split.range": (
        "{near} to {far} took {there_low} to {there_high}, {far} to {near} took {back_low} to {back_high}."
    ),
    "merged.split.symmetric": (
        "If both directions take equally long (--assume-symmetric), {near} to {far} took {there_low}, {far} to {near}"
        " {back_low}."
    ),
    "merged.split.resent": "During that time a packet was lost between {near} and {far} and retransmitted.",
    "merged.changed": "changed: {listed}",
    "merged.join": ", ",
    "merged.change": "{name} {before} → {after}",
    "merged.change.ttl": "TTL",
    "merged.change.addresses": "addresses",
    "merged.change.ports": "ports",
    "merged.change.isn": "sequence numbers",
    "merged.change.mss": "MSS",
    "merged.change.window-scale": "window scale",
    "merged.change.sack": "SACK",
    "merged.change.timestamps": "TCP timestamps",
    "merged.change.dscp": "DSCP",
    "merged.change.ecn": "ECN bits",
    "merged.change.payload": "payload",
    "merged.fate.lost-between": "lost",
    "merged.fate.not-captured": "not captured at {there}",
    "merged.fate.duplicated": "duplicated",
    "merged.fate.unknown": "not at {there}, cause unknown",
    "merged.written": "{n} packets of both captures written to {file}",
    "merged.more": "{count:more connection|more connections}: --json lists them all.",
}
