"""Imports scapy and its dissectors: late, without log output, and without writing files.

No other module uses them; only `mac_vendors` imports scapy as well, for its list of vendors.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from tcptui.protocols.headers.cursor import Protocol

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch

#: Modules that are imported; a protocol outside these is shown as bytes.
_MODULES: Final = (
    "scapy.layers.l2",
    "scapy.layers.inet",
    "scapy.layers.inet6",
    "scapy.layers.dns",
    "scapy.layers.dhcp",
    "scapy.layers.dhcp6",
    "scapy.layers.hsrp",
    "scapy.layers.isakmp",
    "scapy.layers.llmnr",
    "scapy.layers.netbios",
    "scapy.layers.ntp",
    "scapy.layers.ppp",
    "scapy.layers.radius",
    "scapy.layers.rip",
    "scapy.layers.sctp",
    "scapy.layers.snmp",
    "scapy.layers.tftp",
    "scapy.layers.vrrp",
    "scapy.layers.vxlan",
    "scapy.contrib.erspan",
    "scapy.contrib.geneve",
    "scapy.contrib.gtp",
    "scapy.contrib.lldp",
    "scapy.contrib.mpls",
    "scapy.contrib.ospf",
)
#: IGMP: since scapy 2.8, and before.
_IGMP: Final = ("scapy.layers.igmp",)
_EARLIER_IGMP: Final = ("scapy.contrib.igmp", "scapy.contrib.igmpv3")
_NESTED: Final = 6
_VALUE_LIMIT: Final = 120


def load_scapy() -> None:
    """Import scapy now, as in a background thread before the first packet needs it."""
    _scapy()


@lru_cache(maxsize=1)
def _scapy() -> Any:
    """scapy's packet module; the first call imports its protocols (about half a second)."""
    for name in ("scapy", "scapy.loading", "scapy.runtime"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main: Any = importlib.import_module("scapy.main")
        # Without this scapy writes its name tables into the user's cache directory.
        main.SCAPY_CACHE_FOLDER = None
        # Nothing is sent, so the host's routes are not needed, and loading them would block the screen.
        config = importlib.import_module("scapy.config").conf
        config.route_autoload = config.route6_autoload = False
        igmp = _IGMP if importlib.util.find_spec(_IGMP[0]) else _EARLIER_IGMP
        for name in (*_MODULES, *igmp):
            importlib.import_module(name)
        _let_go_of_standard_error(logging.getLogger("scapy"))
        return importlib.import_module("scapy.packet")


def _let_go_of_standard_error(logger: Any) -> None:
    """Remove scapy's log handlers.

    They hold a reference to ``sys.stderr`` as it was at import: the screen's, and with it the capture shown there.
    """
    for handler in logger.handlers:
        handler.stream = None
    logger.handlers[:] = [logging.NullHandler()]


def _first_class(protocol: Protocol, number: int, addresses: tuple[bytes, bytes], raw: bytes) -> Any:
    """scapy's class for the layer at the beginning of ``raw``; see `Protocol` for ``number``."""
    packet = _scapy()
    inet = importlib.import_module("scapy.layers.inet")
    l2 = importlib.import_module("scapy.layers.l2")
    if protocol is Protocol.OTHER_LLC:
        return l2.LLC
    if protocol is Protocol.OTHER_ETHERTYPE:
        return l2.Ether(type=number).guess_payload_class(raw)
    if protocol is Protocol.OTHER_IP:
        if len(addresses[0]) == 16:
            return importlib.import_module("scapy.layers.inet6").IPv6(nh=number).guess_payload_class(raw)
        return inet.IP(proto=number, frag=0).guess_payload_class(raw)
    if protocol is Protocol.OTHER_UDP:
        return inet.UDP(sport=number >> 16, dport=number & 0xFFFF).guess_payload_class(raw)
    config = importlib.import_module("scapy.config")
    return config.conf.l2types.num2layer.get(number, packet.Raw)


def dissect(protocol: Protocol, number: int, addresses: tuple[bytes, bytes], raw: bytes) -> Any:
    """``raw`` as a scapy packet; None when scapy does not know the protocol.

    Raises whatever scapy's dissectors raise.
    """
    kind = _first_class(protocol, number, addresses, raw)
    packet = _scapy()
    if kind is None or (isinstance(kind, type) and issubclass(kind, packet.Raw)):
        return None
    return kind(raw)  # some protocols name a function that picks the class by the bytes


def is_plain_bytes(packet: Any) -> bool:
    """Whether ``packet`` is undissected bytes, padding, or nothing."""
    module = _scapy()
    return isinstance(packet, (module.Raw, module.Padding, module.NoPayload))


def field_lines(layer: Branch, packet: Any, start: int, lines_left: int) -> int:
    """Append a line for each field of ``packet``, whose bytes begin at ``start``; returns the number of lines left.

    The fields are parsed a second time, because scapy does not keep their offsets.
    """
    rest: Any = packet.original
    total = len(packet.original)
    for field in packet.fields_desc:
        if lines_left <= 0:
            layer.concluded("more fields")
            break
        if field.name not in packet.fields:
            continue
        before = total - _bytes_left(rest)
        rest, _ = field.getfield(packet, rest)
        after = total - _bytes_left(rest) + (1 if isinstance(rest, tuple) else 0)
        if after == before and not isinstance(rest, tuple):
            continue
        lines_left -= 1
        value = packet.getfieldval(field.name)
        node = layer.add(field.name, start + before, max(after - before, 1))
        lines_left = _value_lines(node, packet, field, value, lines_left, 0)
    return lines_left


def _bytes_left(rest: Any) -> int:
    """The number of bytes left to parse; inside a byte, scapy passes them in a tuple with a bit count."""
    return len(rest[0]) if isinstance(rest, tuple) else len(rest)


def _value_lines(node: Branch, packet: Any, field: Any, value: Any, lines_left: int, depth: int) -> int:
    """Append the field's value to the line, or the packets that the field holds below it; returns the lines left."""
    base = _scapy().Packet
    items = value if isinstance(value, list) else [value]
    if not any(isinstance(item, base) for item in items) or depth >= _NESTED:
        text = str(field.i2repr(packet, value))
        node.label += f": {text if len(text) <= _VALUE_LIMIT else text[:_VALUE_LIMIT] + '…'}"
        return lines_left
    for item in items:
        if not isinstance(item, base) or lines_left <= 0:
            continue
        lines_left -= 1
        branch = node.add(str(item.name), node.start, node.length)
        for inner in item.fields_desc:
            if inner.name not in item.fields or lines_left <= 0:
                continue
            lines_left -= 1
            line = branch.add(inner.name, node.start, node.length)
            lines_left = _value_lines(line, item, inner, item.getfieldval(inner.name), lines_left, depth + 1)
    return lines_left
