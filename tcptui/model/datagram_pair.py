"""What a datagram that asks or answers is to another one: echoes of ICMP, and DNS over UDP."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Role(IntEnum):
    """What a header does among those that ask and answer."""

    NONE = 0
    """Neither: cut, quoted by an error, or no message of that kind."""
    QUESTION = 1
    AGAIN = 2
    """The same question, asked again before it was answered."""
    ANSWER = 3
    REPEATED = 4
    """An answer of DNS to a question that had been answered before."""


class Pair(NamedTuple):
    """What is known of one header."""

    role: Role
    other: int
    """The frame that answers, of an answer the one that asked, of what is repeated the first one; 0: none is known."""
    taken_ns: int
    """From the question to the answer; 0 where one of them is not known."""
