"""Errors of files that are written while packets come."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.output_link_types": (
        "{path}: the packets have several link types, which one pcap file cannot hold; the file ends here"
    ),
    "messages.output_one_name": "-G needs the time in the name of -w, or each file would replace the one before: for example {path}-%Y%m%d-%H%M%S",
}
