"""Notices on where and why the reading of a capture stopped."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "session.not-a-capture": "{name} is not a pcap or pcapng capture; give a file that tcpdump or Wireshark wrote",
    "session.cut-short": "{name} ends in the middle of a record at byte {position}; all {packets} packets before it are shown",
    "session.record-too-large": (
        "{name} is damaged at byte {position}: a record claims more than 262,144 bytes; "
        "the {packets} packets before it are shown"
    ),
    "session.record-damaged": (
        "{name} is damaged at byte {position}: a block has an impossible length; the {packets} packets before it are shown"
    ),
    "session.interface-unknown": (
        "{name} is out of order at byte {position}: a packet names an interface that was not described before; "
        "the {packets} packets before it are shown"
    ),
    "session.interfaces-too-many": (
        "{name} describes more than 10,000 interfaces, the last at byte {position}; the {packets} packets before it are shown"
    ),
    "session.unknown-link-type": "{name} has link type {link_type}, which tcptui does not decode; its packets are listed as other",
    "session.times-out-of-range": (
        "{name} has times before 1896-12-06 or after 2116-02-20; the nearer of these days is shown instead, and durations from or to them mean nothing"
    ),
    "session.too-many-packets": (
        "This capture has reached the largest number of packets that tcptui can count; the newest ones are shown. Begin a new capture to go on."
    ),
    "session.memory-spent": (
        "{name} has more packets than fit into this machine's memory: the first {packets} are shown. Use a filter (after the name), or Wireshark's editcap, to make it smaller."
    ),
    "session.file-changed": "{name} was changed after it was opened: nothing more is read from it. Open it again.",
    "session.spool-unreadable": "{name} cannot be read any further ({reason}); the {packets} packets before that are shown",
    "session.keylog-no-library": "The keys cannot be used: decrypting TLS needs the package cryptography (pip install 'tcptui[tls]')",
    "session.keylog-wrong-lines": "{name}: lines that do not belong in a key log were left out ({count}); connections with keys so far: {connections}",
    "session.keylog-too-long": "The key log names too many connections: the newest {most} are kept",
    "session.judge-died": "The process that analyses connections ended early ({how}); tcptui continues without it.",
}
