"""Words of the search through the whole capture, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "search.in.streams": "what connections carried",
    "search.in.packets": "the packets' bytes",
    "search.in.headers": "the packets' headers",
    "search.in.findings": "the findings",
    "search.bar.none": "Find in {place} (Tab: elsewhere)",
    "search.bar.running": "{text} in {place}: {n:hit|hits} so far, {done} of {all} looked through",
    "search.bar.found": "{text} in {place}: {n:hit|hits}",
    "search.bar.full": "{text} in {place}: the first {n:hit|hits}; there may be more",
    "search.bar.failed": "{text} in {place}: {n:hit|hits}, then the capture could not be read ({reason})",
    "search.empty.none": "Nothing has been searched for.",
    "search.empty.running": "Looking.",
    "search.empty.nothing": "{text} is nowhere in {place}. Tab looks elsewhere.",
    "search.column.packet": "packet",
    "search.column.time": "time",
    "search.column.connection": "connection",
    "search.column.text": "found in",
    "search.notice.hit": "Hit {number} of {count}: {text}",
    "search.notice.left": "Hit {number} of {count} has left the capture: the oldest packets make room for new ones.",
    "search.notice.over": "n and N go to problems again.",
    "search.hint.open": "go to the packet",
    "search.hint.place": "look elsewhere",
    "search.hint.edit": "another text",
    "search.hint.next": "next hit",
    "search.hint.previous": "hit before",
    "search.hint.over": "no more hits",
    "search.key.arrows": "Move the cursor",
    "search.key.page": "Move by a page",
    "search.key.ends": "Go to the first or the last hit",
    "search.key.open": "Go to the packet of the hit; n and N then go to the others, until Esc",
    "search.key.edit": "Look for another text, or for bytes (0x0d0a)",
    "search.key.next_place": "Look elsewhere: in what connections carried, packets, headers, findings",
    "search.key.previous_place": "Look in the place before",
    "search.key.copy": "Copy the hits, one line each",
    "search.key.close": "Back to the connections",
    "search.key.help": "Help",
}
