"""Imports scapy and its dissectors: late, without log output, and without writing files.

Imported by scapy's process alone.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import warnings
from functools import lru_cache
from typing import Any, Final

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
    "scapy.contrib.chdlc",
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
#: PPP's protocol numbers of labelled packets: unicast and multicast.
_PPP_MPLS: Final = (0x0281, 0x0283)
#: What is under the Apache licence, and scapy imports where it is installed: OpenSSL, by its wheel, and by Python's
#: own modules, in whose place `hashlib` has others; and `regex`.
_BLOCKED_IMPORTS: Final = ("cryptography", "_hashlib", "_ssl", "regex")


def keep_apache_out() -> None:
    """Have every import of `_BLOCKED_IMPORTS` fail in this process, as where it is not installed."""
    for name in _BLOCKED_IMPORTS:
        sys.modules[name] = None  # type: ignore[assignment]  # as the import system documents


@lru_cache(maxsize=1)
def scapy_packet() -> Any:
    """scapy's packet module; the first call imports its protocols (about half a second)."""
    keep_apache_out()
    for name in ("scapy", "scapy.loading", "scapy.runtime"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import scapy.main

        # Without this scapy writes its name tables into the user's cache directory.
        scapy.main.SCAPY_CACHE_FOLDER = None
        from scapy.config import conf

        # Nothing is sent, so the host's routes are not needed, and loading them takes long.
        conf.route_autoload = conf.route6_autoload = False
        igmp = _IGMP if importlib.util.find_spec(_IGMP[0]) else _EARLIER_IGMP
        for name in (*_MODULES, *igmp):
            importlib.import_module(name)
        _bind_what_scapy_does_not()
        logger: Any = logging.getLogger("scapy")
        logger.handlers[:] = [logging.NullHandler()]
        return importlib.import_module("scapy.packet")


def _bind_what_scapy_does_not() -> None:
    """MPLS within PPP (RFC 3032, 4)."""
    from scapy.contrib.mpls import MPLS
    from scapy.layers.ppp import PPP
    from scapy.packet import bind_layers

    for protocol in _PPP_MPLS:
        bind_layers(PPP, MPLS, proto=protocol)
