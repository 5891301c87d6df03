"""Words about the same traffic at three or more capture points."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "route.order": "Order along the path: {listed}.",
    "route.order.given": ("No packet shows whether {near} or {far} comes first. They are listed in the order given."),
    "route.clock.between": (
        "Clock of {point}: to get {first}'s time, add {low} to {high}. The width, {width}, is the fastest round trip"
        " between {first} and {point}; packets cannot narrow it further."
    ),
    "route.clock.at-least": "Clock of {point}: to get {first}'s time, add at least {low}. There is no upper bound.",
    "route.clock.at-most": "Clock of {point}: to get {first}'s time, add at most {high}. There is no lower bound.",
    "route.clock.unknown": "Clock of {point}: unknown against {first}'s, because no packets connect the two.",
    "route.clock.drift": "Clock of {point}: the offset to {first}'s changes by {ppm} ppm (between {low} and {high}).",
    "route.clock.step": (
        "Clock of {point}: it jumped, or {first}'s did, at {time} by {first}'s clock. The offset changed by {size}."
    ),
    "route.symmetric": (
        "On every hop both directions are assumed to take equally long (--assume-symmetric). All delays below depend"
        " on that."
    ),
    "route.hop": (
        "{near} to {far}: {same:connection|connections} in both, {lost:packet|packets} lost between them; not captured:"
        " {missed_near} at {near}, {missed_far} at {far}."
    ),
    "route.only": "Only in {point}: {count:connection|connections}.",
    "route.stream": "{listed}: {client} → {server}",
    "route.renamed": "at {point}: {client} → {server}",
    "route.stream.legs": "{near} and {far}: the same data ({votes:segment|segments}), but two TCP connections",
    "route.changed": "changed between {near} and {far}: {listed}",
    "route.findings.heading": "Findings that the captures decide together:",
    "route.findings.not-between": "Not between {near} and {far}: {other}",
    "route.findings.option-removed": "A device between {near} and {far} changed the option in the handshake.",
}
