"""What stands between a host's interface and its sockets, or between the hosts: packet filters and routers."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING, Final

from cases.recorder.rules import Match, Passage, Rule, inject
from cases.recorder.segment import PROTOCOL_ICMP, checksum, layout_of

if TYPE_CHECKING:
    from cases.recorder.namespaces import End
    from cases.recorder.program import Program

HOST_UNREACHABLE: Final = 1
ADMINISTRATIVELY_PROHIBITED: Final = 13
ROUTER: Final = 254
"""The router's host number in the network of both ends."""
_NFT_SECONDS: Final = 300


def filter_packets(me: Program, *statements: str, output: tuple[str, ...] = ()) -> None:
    """Loads nft statements into this host's own packet filter: behind its interface, before its sockets.

    A capture at the host still has what the filter takes away on the way in, and never has what it
    takes away on the way out.  Raises OSError or CalledProcessError when nft does not take them.
    """
    chains = {"input": statements, "output": output}
    text = "\n".join(
        f"chain {hook} {{ type filter hook {hook} priority 0; {'; '.join(lines)}; }}"
        for hook, lines in chains.items()
        if lines
    )
    me.note("program", call="nft", rules=[*statements, *output])
    subprocess.run(
        ["nft", "-f", "-"], input=f"table inet bench {{\n{text}\n}}\n", text=True, check=True, timeout=_NFT_SECONDS
    )


def pass_on(me: Program, port: int, host: str) -> None:
    """Gives packets for ``port`` the destination ``host``, an address of this machine, and changes nothing back.

    Stateless, before the routing decision: the socket of ``host`` gets them, and answers as ``host``.  Raises as
    `filter_packets`.
    """
    rule = f"tcp dport {port} ip daddr set {host} notrack"
    me.note("program", call="nft", rules=[rule])
    chain = f"chain raw {{ type filter hook prerouting priority -300; {rule}; }}"
    table = f"table ip bench_pass {{\n{chain}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=table, text=True, check=True, timeout=_NFT_SECONDS)


def unreachable(frame: bytes, code: int) -> bytes:
    """A router's ICMP "destination unreachable" to the sender of an IPv4 TCP frame (RFC 792).

    Raises ValueError for anything else.
    """
    layout = layout_of(frame)
    if layout is None or layout.ipv6:
        raise ValueError("only for TCP over IPv4")
    source = frame[layout.ip + 12 : layout.ip + 16]
    message = struct.pack("!BBHI", 3, code, 0, 0) + frame[layout.ip : layout.tcp + 8]
    message = message[:2] + checksum(message).to_bytes(2) + message[4:]
    header = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(message), 0, 0, 62, PROTOCOL_ICMP, 0)
    header += source[:3] + bytes([ROUTER]) + source
    header = header[:10] + checksum(header).to_bytes(2) + header[12:]
    return frame[6:12] + frame[0:6] + frame[12:14] + header + message


def complain(match: Match, toward: End, code: int, after: float) -> Rule:
    """A router answers the frames that fit with ICMP "destination unreachable", ``after`` seconds later."""

    def make(passage: Passage) -> bytes:
        return unreachable(passage.frame, code)

    return inject(match, toward, make, after)
