"""Capture filters (pcap-filter(7)) typed where display filters go: their common words, translated.

``tcp port 80 and not host 10.0.0.1`` is ``tcp.port == 80 and not ip.addr == 10.0.0.1``.  A value alone is of the kind
of the value before it: ``port 80 or 443``.  What is not wholly understood is not translated at all.
"""

from __future__ import annotations

import re
import socket
from typing import Final, NamedTuple

#: Flags that are asked: all of those named, whether any is set, or which of them are.
_FLAG: Final = re.compile(
    r"tcp\[(?:tcpflags|13)\]\s*+&\s*+(?P<asked>tcp-\w++|\(\s*+tcp-\w++(?:\s*+\|\s*+tcp-\w++)*+\s*+\))"
    r"\s*+(?:!=\s*+0|==\s*+(?P<set>tcp-\w++|\(\s*+tcp-\w++(?:\s*+\|\s*+tcp-\w++)*+\s*+\)))"
)
_TOKEN: Final = re.compile(rf"({re.sub('[?]P<[a-z]+>', '?:', _FLAG.pattern)}|[()!]|&&|\|\||[^\s()!&|]+)")
_FLAGS: Final = {"syn": "syn", "ack": "ack", "fin": "fin", "rst": "reset", "push": "push", "urg": "urg"}
_FLAG_BITS: Final = {"fin": 1, "syn": 2, "rst": 4, "push": 8, "ack": 16, "urg": 32}
_FLAG_NAME: Final = re.compile(r"tcp-(\w+)")
_PROTOCOLS: Final = {"tcp": "tcp", "udp": "udp", "icmp": "icmp", "icmp6": "icmpv6", "ip": "ip", "ip6": "ipv6",
                     "arp": "arp", "vlan": "vlan", "sctp": "sctp"}  # fmt: skip
_JOINS: Final = {"and": "and", "or": "or", "not": "not", "&&": "and", "||": "or", "!": "not", "(": "(", ")": ")"}
_ENDS: Final = {"src": ("src", "srcport"), "dst": ("dst", "dstport"), "": ("addr", "port")}
_KINDS: Final = frozenset({"host", "net", "port", "portrange", "proto"})
_EITHER_END: Final = "src or dst"
_BOTH_ENDS: Final = "src and dst"
_HARDWARE: Final = re.compile("[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}")
#: A network of which only the first bytes are written, or how many bits count.
_SHORT_NET: Final = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?(?:\.([0-9]{1,3}))?(?:/([0-9]{1,2}))?")
_WORDS_AT_MOST: Final = 60
#: A filter that has one of these words was meant as a capture filter.
_TELLING: Final = re.compile(
    r"\b(?:host|net|port|portrange|greater|less|proto)\s+\S|\b(?:src|dst)\s+\S|tcp-\w+|\bip6\b|\bvlan\s+[0-9]"
)


class _Qualifiers(NamedTuple):
    """The qualifiers in front of a value: protocol, end and kind."""

    protocol: str
    end: str
    kind: str


def translate(text: str) -> str | None:
    """The display filter that asks the same as the capture filter ``text``; None where it is not one."""
    if not _TELLING.search(text):
        return None
    words = _TOKEN.findall(text)
    if len(words) > _WORDS_AT_MOST or re.sub(r"\s", "", "".join(words)) != re.sub(r"\s", "", text):
        return None
    made: list[str] = []
    place, before = 0, None
    while place < len(words):
        join = _JOINS.get(words[place])
        if join is not None:
            made.append(join)
            place += 1
            continue
        found = _primitive(words, place, before)
        if found is None:
            return None
        piece, place, before = found
        made.append(piece)
    return _joined(made)


def _joined(made: list[str]) -> str:
    return re.sub(r"\( ", "(", re.sub(r" \)", ")", " ".join(made)))


def _primitive(words: list[str], place: int, before: _Qualifiers | None) -> tuple[str, int, _Qualifiers | None] | None:
    """The piece that begins at ``place``, where it ends, and what is asked of a value alone behind it."""
    flag = _FLAG.fullmatch(words[place])
    if flag is not None:
        piece = _flags(flag)
        return None if piece is None else (piece, place + 1, before)
    alone = _condition(before, words[place]) if before is not None else None
    if alone is not None:
        return alone, place + 1, before
    protocol = end = ""
    if words[place] in _PROTOCOLS or words[place] == "ether":
        protocol = words[place]
        place += 1
    end, place = _end(words, place)
    if place >= len(words) or words[place] in _JOINS:
        return (_PROTOCOLS[protocol], place, before) if protocol in _PROTOCOLS and not end else None
    word = words[place]
    if protocol == "vlan" and not end and word.isdecimal():
        return f"vlan.id == {word}", place + 1, before
    if word in ("greater", "less") and not protocol and not end:
        return _size(word, words, place, before)
    kind = word if word in _KINDS else "host" if end or _address_field(word) else ""
    place += word in _KINDS
    if not kind or place >= len(words):
        return None
    asked = _Qualifiers(protocol, end, kind)
    piece = _condition(asked, words[place])
    return None if piece is None else (piece, place + 1, asked)


def _end(words: list[str], place: int) -> tuple[str, int]:
    """Which end is meant, and where the words about it end."""
    for both in (_EITHER_END, _BOTH_ENDS):
        if " ".join(words[place : place + 3]) == both:
            return both, place + 3
    return (words[place], place + 1) if place < len(words) and words[place] in ("src", "dst") else ("", place)


def _flags(found: re.Match[str]) -> str | None:
    asked, is_set = (_FLAG_NAME.findall(found[group] or "") for group in ("asked", "set"))
    if not {*asked, *is_set} <= _FLAGS.keys():
        return None
    if len(asked) == 1 and is_set in ([], asked):
        return f"tcp.flags.{_FLAGS[asked[0]]} == 1"
    mask, value = (sum(_FLAG_BITS[name] for name in set(names)) for names in (asked, is_set))
    return f"tcp.flags & 0x{mask:02x} == 0x{value:02x}" if is_set else f"tcp.flags & 0x{mask:02x}"


def _size(
    word: str, words: list[str], place: int, before: _Qualifiers | None
) -> tuple[str, int, _Qualifiers | None] | None:  # fmt: skip
    if place + 1 >= len(words) or not words[place + 1].isdecimal():
        return None
    return f"frame.len {'>=' if word == 'greater' else '<='} {words[place + 1]}", place + 2, before


def _condition(qualifiers: _Qualifiers, value: str) -> str | None:
    """What is asked of ``value``; None where it is no value for that."""
    protocol, end, kind = qualifiers
    if end == _BOTH_ENDS:
        pieces = [_condition(qualifiers._replace(end=one), value) for one in ("src", "dst")]
        return None if None in pieces else f"({' and '.join(filter(None, pieces))})"
    address, port = _ENDS["" if end == _EITHER_END else end]
    if protocol == "ether":
        return f"eth.{address} == {value}" if kind == "host" and _HARDWARE.fullmatch(value) else None
    if kind in ("host", "net"):
        value = _whole_net(value) if kind == "net" else value
        family = _address_field(value)
        return f"{family}.{address} == {value}" if family and protocol in ("", "ip", "ip6") else None
    if kind == "proto":
        field = {"ip": "ip.proto", "ip6": "ipv6.nxt"}.get(protocol)
        return f"{field} == {value}" if field and value.isdecimal() and not end else None
    if kind == "port" and value.isdecimal():
        test = f"== {value}"
    elif kind == "portrange" and re.fullmatch("[0-9]+-[0-9]+", value):
        test = f"in {{{value.replace('-', '..')}}}"
    else:
        return None
    if protocol in ("tcp", "udp"):
        return f"{protocol}.{port} {test}"
    return f"(tcp.{port} {test} or udp.{port} {test})" if not protocol else None


def _whole_net(value: str) -> str:
    """``value`` with all bytes and its length, where it is an IPv4 network of which the first bytes are written."""
    found = _SHORT_NET.fullmatch(value)
    if found is None:
        return value
    bytes_ = [byte for byte in found.groups()[:3] if byte is not None]
    return f"{'.'.join([*bytes_, *['0'] * (4 - len(bytes_))])}/{found[4] or 8 * len(bytes_)}"


def _address_field(value: str) -> str:
    address = value.partition("/")[0]
    for family, field in ((socket.AF_INET, "ip"), (socket.AF_INET6, "ipv6")):
        try:
            socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
        return field
    return ""
