"""Words of the evidence pack of a connection."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "explain.shared.heading": "Shared with other connections",
    "explain.packets.heading": "Packets cited",
    "explain.packets.time": "s",
    "explain.packets.from": "from",
    "explain.packets.info": "info",
    "explain.packets.left-out": "{n:citation is|citations are} not quoted here.",
    "explain.filters.heading": "Display filters for Wireshark",
    "explain.filters.connection": "The connection: {filter}",
    "explain.filters.problems": "Its packets with a verdict: {filter}",
    "explain.filters.community-id": "In Zeek, Suricata and others (Community ID): {name}",
    "explain.filters.cited": "The packets cited: {filter}",
}
