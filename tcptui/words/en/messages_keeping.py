"""Errors of files that are written while packets come."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.output_link_types": (
        "{path}: the packets have several link types, which one pcap file cannot hold; the file ends here"
    ),
}
