"""Words about findings that two capture points decide together."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "merged.findings.heading": "Findings that both captures decide together:",
    "merged.findings.line": "{point} {stream}, {title}: {outcome}. {shown}",
    "merged.findings.refuted": "Ruled out: {other}",
    "merged.findings.not-between": "Not between A and B: {other}",
    "merged.findings.more": "{count:more finding|more findings}: --json lists them all.",
    "merged.findings.undecided.heading": "Findings that needed another capture, and that this pair cannot decide:",
    "merged.findings.undecided": "{point} {stream}, {title}.",
    "merged.findings.outcome.confirmed": "confirmed",
    "merged.findings.outcome.cause-known": "cause known",
    "merged.findings.outcome.narrowed": "narrowed down",
    "merged.findings.outcome.withdrawn": "withdrawn",
    "merged.findings.shown.lost-between": "The first copy passed {here} ({here}: {frames}) and was lost before {there}.",
    "merged.findings.shown.ack-lost": (
        "The first copy reached {there}, and its ACK was lost before {here} ({there}: {frames_there})."
    ),
    "merged.findings.shown.ack-seen": (
        "The first copy reached {there}, and its ACK passed both points ({there}: {frames_there})."
    ),
    "merged.findings.shown.no-ack": (
        "The first copy reached {there} ({there}: {frames_there}), and no ACK for it passed there before the next copy."
    ),
    "merged.findings.shown.syn-lost": ("{count:SYN|SYNs} passed {here} ({here}: {frames}) and never reached {there}."),
    "merged.findings.shown.syn-unanswered": (
        "{there} has {count:SYN|SYNs} ({there}: {frames_there}), and no reply from the server's address followed in"
        " time."
    ),
    "merged.findings.shown.syn-ack-lost": (
        "{count:SYN-ACK|SYN-ACKs} passed {here} ({here}: {frames}) and never reached {there}."
    ),
    "merged.findings.shown.third-ack-lost": (
        "The third packet of the handshake passed {here} ({here}: {frames}) and was lost before {there}."
    ),
    "merged.findings.shown.third-ack-seen": (
        "The third packet of the handshake reached {there} ({there}: {frames_there}) before the SYN-ACK was"
        " retransmitted."
    ),
    "merged.findings.shown.rst-between": (
        "{here} has the RST ({here}: {frames}). {there} does not, and its capture shows no gaps, so a device between"
        " both sent it."
    ),
    "merged.findings.shown.rst-seen": (
        "The RST passed {here} before {there} ({here}: {frames}), so no device between both sent it."
    ),
    "merged.findings.shown.wait-beyond": (
        "{beyond} of it passed beyond {there}, and {between} between {here} and {there}."
    ),
    "merged.findings.shown.wait-between": (
        "Only {beyond} of it passed beyond {there}; {between} passed between {here} and {there}."
    ),
    "merged.findings.shown.not-captured": (
        "{there}'s capture missed {count:packet|packets} that {here} has ({here}: {frames})."
    ),
    "merged.findings.shown.reordered-between": (
        "{count:packet was|packets were} overtaken between {here} and {there} ({here}: {frames})."
    ),
    "merged.findings.shown.duplicated-between": (
        "{here} has {count:packet|packets} twice that passed {there} once ({here}: {frames})."
    ),
    "merged.findings.shown.option-removed": "A device between A and B changed the option in the handshake.",
    "merged.findings.shown.option-kept": "The option is the same at both points ({here}: {frames}).",
}
