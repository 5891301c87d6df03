"""The lines of a header tree that say which packet answers a datagram, and after how long, in Wireshark's terms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.model.datagram_pair import Role
from tcptui.protocols.headers.node import Node
from tcptui.session.datagrams import PAIR_FIELDS, PAIRED_DNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.model.datagram_pair import Pair

_OF_DNS: Final = ("Response In", "Request In", "Time")
#: The labels by layer: of the answer's frame, the question's, and the time between them.
_LABELS: Final = {
    "icmp": ("Response frame", "Request frame", "Response time"),
    "icmpv6": ("Response In", "Response To", "Response Time"),
    "dns": _OF_DNS, "mdns": _OF_DNS, "llmnr": _OF_DNS,
}  # fmt: skip
#: What is repeated: how its line begins, and which field tells of which frame.
_REPEATED: Final = {
    Role.AGAIN: ("Retransmitted request. Original request in", "dns.retransmit_request_in"),
    Role.REPEATED: ("Retransmitted response. Original response in", "dns.retransmit_response_in"),
}
_NS: Final = 1_000_000_000
_NS_A_MILLISECOND: Final = 1e6
#: What Wireshark puts its lines in front of.
_DATA: Final = "data"


def with_pairs(tree: Node, pairs: Sequence[Pair]) -> Node:
    """``tree`` with a line for each of ``pairs``, those of its headers that may ask or answer, outermost first."""
    return _with(tree, iter(pairs))


def _with(node: Node, pairs: Iterator[Pair]) -> Node:
    pair = next(pairs, None) if node.field in PAIR_FIELDS else None
    children = tuple(_with(child, pairs) for child in node.children)
    if pair is not None and (pair.other or pair.role is Role.ANSWER):
        at = next((place for place, child in enumerate(children) if child.field == _DATA), len(children))
        children = (*children[:at], *_lines(node.field, pair), *children[at:])
    same = len(children) == len(node.children) and all(map(lambda a, b: a is b, children, node.children))
    return node if same else replace(node, children=children)


def _lines(layer: str, pair: Pair) -> Iterator[Node]:
    fields, labels = PAIR_FIELDS[layer], _LABELS[layer]
    if pair.role in _REPEATED:
        label, field = _REPEATED[pair.role]
        yield Node(f"[{label}: {pair.other}]", field=field, target=pair.other)
        yield Node("[Retransmission: True]", field="dns.retransmission")
        return
    if not pair.other:
        if layer in PAIRED_DNS:
            yield Node("[Unsolicited: True]", field="dns.unsolicited")
        return
    place = 0 if pair.role is Role.QUESTION else 1
    yield Node(f"[{labels[place]}: {pair.other}]", field=fields[place], target=pair.other)
    if pair.role is Role.ANSWER:
        yield Node(f"[{labels[2]}: {_time(layer, pair.taken_ns)}]", field=fields[2])


def _time(layer: str, nanoseconds: int) -> str:
    if layer not in PAIRED_DNS:
        return f"{nanoseconds / _NS_A_MILLISECOND:.3f} ms"
    sign, nanoseconds = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    return f"{sign}{nanoseconds // _NS}.{nanoseconds % _NS:09d} seconds"
