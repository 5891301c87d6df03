"""Words of the page that `report --html` writes."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "page.title": "{file}: what was found",
    "page.trouble": "Problems, worst first",
    "page.more-groups": "{n:more group of problems is|more groups of problems are} not listed here.",
    "page.worst": "Connections with problems, worst first",
    "page.largest": "The largest connections; none has problems",
    "page.packets": "Packets: {packets}.",
    "page.and-more": " and {n} more",
    "page.how-sure": "How sure: {confidence}.",
    "page.graph": "Its data over time",
    "page.ladder": "Its packets",
    "page.ladder.left-out": "{n:packet is|packets are} not drawn",
    "page.ladder.label": "Packets between {client} and {server}: {n} of them drawn",
    "page.requests": "Its slowest requests",
    "page.requests-more": "{n:more request is|more requests are} not listed.",
    "page.merged.clocks": "Clocks",
    "page.merged.connections": "Connections, those with missing packets first",
    "page.merged.connection": "Connection",
    "page.merged.lost": "Lost from {here} to {there}",
    "page.merged.foot": (
        "Written by tcptui {version}. Packet numbers are those of each point's own capture, times are by A's clock."
    ),
    "page.compared.foot": (
        "Written by tcptui {version}. Numbers of connections are those of their capture. Intervals come from "
        "leaving out each client in turn."
    ),
    "page.foot": "Written by tcptui {version}. Packet numbers are those of the capture. The capture does not show everything, so each statement has its confidence.",
    "page.written": "the page is in {file}",
}
