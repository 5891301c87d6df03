"""Words for live captures: placeholder of the prompt for saving, the filter of the start screen."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.save": "name of a new file",
    "guide.prompt.slice": "a new pcapng, or a .pcap",
    "guide.start.filter": "filter",
    "guide.start.filtered": "{title}: {filter}",
    "guide.start.key.filter": "filter",
    "guide.start.key.take": "use it",
    "guide.start.filter_about": "What to capture, in tcpdump's syntax: tcp port 443 and host 192.0.2.7",
    "guide.start.filter_good": "The filter is valid. Enter uses it for the interface you open next.",
    "guide.start.filter_none": "No filter: every packet is captured.",
    "guide.start.filter_wrong": "libpcap reports: {reason}",
}
