"""Words of the overview screen."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "overview.title": "Overview",
    "overview.live": "live",
    "overview.reading": "reading",
    "overview.trust": "Capture quality:",
    "overview.trust.minor": "{n:minor limitation|minor limitations}",
    "overview.capture.packets": "{n:packet|packets}",
    "overview.capture.since": "since {time}",
    "overview.traffic": "Traffic:",
    "overview.traffic.average": "{bits}bit/s, {packets} packets/s on average",
    "overview.traffic.now": "now {bits}bit/s",
    "overview.traffic.peak": "at most {bits}bit/s",
    "overview.column.headline": "trouble, the worst first",
    "overview.column.notes": "worth knowing",
    "overview.column.connections": "connections",
    "overview.column.lost": "time lost",
    "overview.column.since": "since",
    "overview.connections": "Its connections, the worst first",
    "overview.connection": "{stream}  {client} {right} {server}",
    "overview.connection.lost": "{text}  {lost} lost",
    "overview.connections.more": "and {n} more: Enter lists them all.",
    "overview.looking": "The connections are being looked at.",
    "overview.nothing-yet": "No TCP connection yet.",
    "overview.none-so-far": "No trouble so far in any connection.",
    "overview.none-yet": "No trouble so far; connections are still being looked at.",
    "overview.largest": "The largest connections",
    "overview.largest.one": "{size}  {packets:packet|packets}  {duration}",
    "overview.one": "Connection {stream}",
    "overview.looked-at.heading": "Looked at:",
    "overview.looked-at": (
        "how connections opened and closed, refusals and resets, segments sent again and why, reordering, windows, "
        "waiting times on both ends, keep-alives, ICMP errors, HTTP answers, and whether the capture itself is whole. "
        "Notes on single connections stay in the list."
    ),
    "overview.hint.narrow": "list its connections",
    "overview.hint.explanation": "explanation",
    "overview.hint.requests": "requests",
    "overview.hint.grouped": "by server",
    "overview.hint.groups": "groups",
    "overview.key.arrows": "Move the cursor",
    "overview.key.page": "Move by a page",
    "overview.key.ends": "Go to the first or the last row",
    "overview.key.narrow": "List only the connections of the group; on a packet number, go to that packet",
    "overview.key.explanation": "Go from the groups to the explanation, and back",
    "overview.key.other": "The packets that are not TCP",
    "overview.key.requests": "Requests of the whole capture",
    "overview.key.groups": "Connections by server, port, host, pair or finding",
    "overview.key.filter": "Filter the connections: words in a row, or Wireshark's display filter",
    "overview.key.search": "Find a text, bytes or a regular expression in the whole capture",
    "overview.key.close": "Back to the connections",
    "overview.key.copy": "Copy the group with its explanation",
    "overview.key.help": "Help, the term of the group first",
}
