"""What redact reports of the copy that it wrote."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "redact.label": "redacted copy",
    "redact.written": "{file}: {packets:packet|packets}, redacted",
    "redact.replaced": "Replaced: {counted}",
    "redact.compared": (
        "Same as the original: {verdicts:packet|packets} with verdicts and states, {findings:finding|findings},"
        " {requests:request|requests}"
    ),
    "redact.searched": "Searched for {values:value|values} of the original and for its payload: nothing found",
    "redact.gone": "Requests that are gone, because their protocol is filler: {gone}",
    "redact.lost": "Findings that rest on what was replaced, and are left out: {gone}",
    "redact.unique": "Hosts that are unique by peers, ports and bytes: {unique} of {of}",
    "redact.key-drawn": "the key was drawn for this run and is not kept: use --key for the same replacements again",
    "redact.found.address": "an address",
    "redact.found.link-address": "a MAC address",
    "redact.found.name": "a host name",
    "redact.found.text": "a description",
    "redact.found.content": "payload",
}
