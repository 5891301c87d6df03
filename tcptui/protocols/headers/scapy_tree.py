"""Shows by scapy every protocol that has no reader in this package.

scapy is in a process of its own (`tcptui.protocols.scapy_child`), asked when such a packet is on screen, never while a
capture is decoded.  What it cannot read becomes a line of the tree, and reading continues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.protocols.headers.cursor import Dissection, Protocol, Step
from tcptui.protocols.headers.data import data_step
from tcptui.protocols.scapy_child.messages import BYTES_READ, Next, Question, Start

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.scapy_child.client import Reply
    from tcptui.protocols.scapy_child.messages import Layer

#: The layers that are scapy's.
STARTS: Final = {
    Protocol.OTHER_LINK: Start.LINK,
    Protocol.OTHER_ETHERTYPE: Start.ETHERTYPE,
    Protocol.OTHER_LLC: Start.LLC,
    Protocol.OTHER_IP: Start.IP,
    Protocol.OTHER_UDP: Start.UDP,
}
#: Layers that, in Wireshark, hold what they carry, too.
_WITH_PAYLOAD: Final = frozenset({"geneve", "gre", "ppp"})
#: Those that Wireshark shows each of, though it names the protocol once for all in a row.
_REPEATED: Final = frozenset({"mpls"})
#: Those that it names once for their first byte, and again for the rest.
_TWICE: Final = frozenset({"igmp"})
_READERS: Final = {
    Next.ETHERNET: Protocol.ETHERNET,
    Next.VLAN: Protocol.VLAN,
    Next.IPV4: Protocol.IPV4,
    Next.IPV6: Protocol.IPV6,
}


def question(dissection: Dissection, step: Step) -> Question | None:
    """What scapy is asked for ``step``, one of `STARTS`; None where no byte is left."""
    inner = _inner_network(dissection, step)
    captured = step.source.captured_end()
    raw = step.source.data[step.start : min(captured, step.start + BYTES_READ)]
    if not raw:
        return None
    stop = (captured if inner is None else inner) - step.start
    wants_lines = dissection.options.lines_without_name
    return Question(STARTS[step.protocol], step.number, dissection.addresses, stop, raw, wants_lines)


def read_other(dissection: Dissection, step: Step, reply: Reply) -> Step | None:
    """Append the layers of ``reply``, up to one that this package reads; returns the step for that."""
    answer = reply.answer
    above: tuple[str, Branch] | None = None
    for found in answer.layers:
        above = _append(dissection, step, found, above)
    at = step.start + answer.at
    following: Step | None
    if reply.stopped or answer.problem:
        _say_problem(dissection, step, reply)
        following = _rest(step, step.start)
    elif answer.following in _READERS:
        following = Step(_READERS[answer.following], at, step.source)
    elif dissection.protocols[-1:] == ["arp"] and dissection.network_end is None:
        dissection.network_end = at
        following = None
    else:
        following = _rest(step, at)
    inner = _inner_network(dissection, step)
    if inner is not None and (following is None or following.protocol in (Protocol.DATA, Protocol.UDP_DATA)):
        version = step.source.number(inner, 1) >> 4
        return Step(Protocol.IPV6 if version == 6 else Protocol.IPV4, inner, step.source)
    return following


def _inner_network(dissection: Dissection, step: Step) -> int | None:
    """Offset of the IP header that the decoder found for this frame's segment; None unless it lies further in."""
    view = dissection.view
    if dissection.joined is not None:  # the decoder's offset is one in the frame
        return None
    if dissection.quoting or view.kind == RowKind.OTHER or view.network_offset <= step.start:
        return None
    return view.network_offset if view.network_offset < step.source.captured_end() else None


def _rest(step: Step, start: int) -> Step | None:
    """The step for what scapy does not know."""
    protocol = Protocol.UDP_DATA if step.protocol is Protocol.OTHER_UDP else Protocol.DATA
    return data_step(start, step.source, protocol, step.number)


def _say_problem(dissection: Dissection, step: Step, reply: Reply) -> None:
    if not reply.stopped and step.source.captured_end() < step.source.end:
        text = "Packet size limited during capture"
    else:
        text = f"Could not be decoded: {reply.stopped or reply.answer.problem}"
    is_told = reply.was_asked and not dissection.quoting  # who quotes needs not quote all
    dissection.parent.concluded(text, "_ws.malformed" if is_told else "")


def _append(dissection: Dissection, step: Step, found: Layer, above: tuple[str, Branch] | None) -> tuple[str, Branch]:
    """Append one layer, whose offsets count from the start of ``step``; returns its protocol's name, and its line.

    ``above``: the same of the layer before.  A protocol is named once, where scapy has several layers for it: the
    first one's line is that of all.
    """
    begin = step.start
    goes_on = above is not None and above[0] == found.token
    if not goes_on:
        dissection.protocols += [found.token] * (1 + (found.token in _TWICE))
    at = begin + found.start
    length = step.source.captured_end() - at if found.token in _WITH_PAYLOAD else found.length
    is_named = found.named and found.token in FIELDS and (not goes_on or found.token in _REPEATED)
    layer = dissection.layer(found.title, at, length, found.token if is_named else "")
    if above is not None and goes_on and not is_named and above[1].start is not None:
        above[1].length = at + length - above[1].start
    branches: list[Branch] = [layer]
    for line in found.lines:
        del branches[line.depth :]
        start, length = (None, 0) if line.length < 0 else (begin + line.start, line.length)
        branches.append(branches[-1].add(line.label, start, length))
    return (found.token, above[1]) if above is not None and goes_on and not is_named else (found.token, layer)
