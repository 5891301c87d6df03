"""Capture filters (pcap-filter(7)) typed where display filters go: their common words, translated.

``tcp port 80 and not host 10.0.0.1`` is ``tcp.port == 80 and not ip.addr == 10.0.0.1``.  What is not wholly understood
is not translated at all.
"""

from __future__ import annotations

import re
import socket
from typing import Final

_TOKEN: Final = re.compile(r"\s*(tcp\[(?:tcpflags|13)\]\s*&\s*tcp-\w+\s*!=\s*0|[()!]|&&|\|\||[^\s()!&|]+)")
_FLAG: Final = re.compile(r"tcp\[(?:tcpflags|13)\]\s*&\s*tcp-(\w+)\s*!=\s*0")
_FLAGS: Final = {"syn": "syn", "ack": "ack", "fin": "fin", "rst": "reset", "push": "push", "urg": "urg"}
_PROTOCOLS: Final = {"tcp": "tcp", "udp": "udp", "icmp": "icmp", "icmp6": "icmpv6", "ip": "ip", "ip6": "ipv6",
                     "arp": "arp", "vlan": "vlan", "sctp": "sctp"}  # fmt: skip
_JOINS: Final = {"and": "and", "or": "or", "not": "not", "&&": "and", "||": "or", "!": "not", "(": "(", ")": ")"}
_ENDS: Final = {"src": ("src", "srcport"), "dst": ("dst", "dstport"), "": ("addr", "port")}
_KINDS: Final = frozenset({"host", "net", "port", "portrange", "proto"})
_WORDS_AT_MOST: Final = 60
#: A filter that has one of these words was meant as a capture filter.
_TELLING: Final = re.compile(
    r"\b(?:host|net|port|portrange|greater|less|proto)\s+\S|\b(?:src|dst)\s+\S|tcp-\w+|\bip6\b"
)


def translate(text: str) -> str | None:
    """The display filter that asks the same as the capture filter ``text``; None where it is not one."""
    if not _TELLING.search(text):
        return None
    words = _TOKEN.findall(text)
    if len(words) > _WORDS_AT_MOST or ("".join(words) != re.sub(r"\s", "", text) and not _FLAG.search(text)):
        return None
    made: list[str] = []
    place = 0
    while place < len(words):
        join = _JOINS.get(words[place])
        if join is not None:
            made.append(join)
            place += 1
            continue
        found = _primitive(words, place)
        if found is None:
            return None
        piece, place = found
        made.append(piece)
    return _joined(made)


def _joined(made: list[str]) -> str:
    return re.sub(r"\( ", "(", re.sub(r" \)", ")", " ".join(made)))


def _primitive(words: list[str], place: int) -> tuple[str, int] | None:
    flag = _FLAG.fullmatch(words[place])
    if flag is not None:
        return (f"tcp.flags.{_FLAGS[flag[1]]} == 1", place + 1) if flag[1] in _FLAGS else None
    protocol = end = ""
    if words[place] in _PROTOCOLS:
        protocol = words[place]
        place += 1
    if place < len(words) and words[place] in ("src", "dst"):
        end = words[place]
        place += 1
    if place >= len(words) or words[place] in _JOINS:
        return (_PROTOCOLS[protocol], place) if protocol and not end else None
    word = words[place]
    if word in ("greater", "less") and not protocol and not end:
        return _size(word, words, place)
    kind = word if word in _KINDS else "host" if end or _address_field(word) else ""
    place += word in _KINDS
    if not kind or place >= len(words):
        return None
    piece = _condition(protocol, end, kind, words[place])
    return None if piece is None else (piece, place + 1)


def _size(word: str, words: list[str], place: int) -> tuple[str, int] | None:
    if place + 1 >= len(words) or not words[place + 1].isdecimal():
        return None
    return f"frame.len {'>=' if word == 'greater' else '<='} {words[place + 1]}", place + 2


def _condition(protocol: str, end: str, kind: str, value: str) -> str | None:
    address, port = _ENDS[end]
    if kind in ("host", "net"):
        family = _address_field(value)
        return f"{family}.{address} == {value}" if family and protocol in ("", "ip", "ip6") else None
    if kind == "port" and value.isdecimal():
        test = f"== {value}"
    elif kind == "portrange" and re.fullmatch("[0-9]+-[0-9]+", value):
        test = f"in {{{value.replace('-', '..')}}}"
    else:
        return None
    if protocol in ("tcp", "udp"):
        return f"{protocol}.{port} {test}"
    return f"(tcp.{port} {test} or udp.{port} {test})" if not protocol else None


def _address_field(value: str) -> str:
    address = value.partition("/")[0]
    for family, field in ((socket.AF_INET, "ip"), (socket.AF_INET6, "ipv6")):
        try:
            socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
        return field
    return ""
