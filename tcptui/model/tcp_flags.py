"""The TCP flag bits that have names (RFC 9293, 3.1; RFC 7560 for Accurate ECN)."""

from __future__ import annotations

from enum import IntFlag
from typing import Final


class TcpFlag(IntFlag):
    """Flag bits as they stand in bytes 12-13 of the TCP header."""

    FIN = 0x001
    SYN = 0x002
    RST = 0x004
    PSH = 0x008
    ACK = 0x010
    URG = 0x020
    ECE = 0x040
    CWR = 0x080
    AE = 0x100


# The flags as plain integers: operations on enum members cost ten times as much.
FIN: Final = int(TcpFlag.FIN)
SYN: Final = int(TcpFlag.SYN)
RST: Final = int(TcpFlag.RST)
PSH: Final = int(TcpFlag.PSH)
ACK: Final = int(TcpFlag.ACK)
ECE: Final = int(TcpFlag.ECE)
CWR: Final = int(TcpFlag.CWR)

_ORDER = (
    TcpFlag.SYN, TcpFlag.FIN, TcpFlag.RST, TcpFlag.PSH, TcpFlag.ACK,
    TcpFlag.URG, TcpFlag.ECE, TcpFlag.CWR, TcpFlag.AE,
)  # fmt: skip


def flag_names(flags: int) -> str:
    """The set flags by name, in reading order: ``"SYN ACK"``; ``"none"`` when empty."""
    return " ".join(str(bit.name) for bit in _ORDER if flags & bit) or "none"
