"""Values that must not survive: drawn from numbers, and remembered, so that a search can look for them."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field


@dataclass
class Secrets:
    """What a carrier plants: content drawn from one number, and what has a replacement of its own from another.

    Nothing of content may reach the copy, not even whether it was another.  The like of an address, a name, an
    identifier becomes the like, so whoever compares copies draws these alike.

    Attributes:
        drawn: each value as its bytes, in the order in which they were drawn.
    """

    content: int
    others: int
    drawn: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._content, self._others = random.Random(self.content), random.Random(self.others)

    # -- content

    def octets(self, size: int) -> bytes:
        return self._remember(self._content.randbytes(size))

    def word(self, size: int = 12) -> bytes:
        """Lower-case letters."""
        return self._remember(_letters(self._content, size))

    # -- what has a replacement of its own

    def ipv4(self) -> bytes:
        """A public address."""
        return self._remember(bytes([93]) + self._others.randbytes(2) + bytes([self._others.randrange(1, 255)]))

    def ipv6(self) -> bytes:
        """A public address."""
        return self._remember(b"\x2a\x0b" + self._others.randbytes(14))

    def mac(self) -> bytes:
        """A host's, with a manufacturer."""
        return self._remember(bytes([self._others.randrange(0, 256) & 0xFC]) + self._others.randbytes(5))

    def name(self, size: int = 12) -> bytes:
        """One label of a host name."""
        return self._remember(_letters(self._others, size))

    path = name
    """A piece of the target of a request: one that is repeated is seen to be so."""

    def token(self, size: int) -> bytes:
        """An identifier, a cookie, a key, the time of a clock."""
        return self._remember(self._others.randbytes(size))

    def _remember(self, value: bytes) -> bytes:
        self.drawn.append(value)
        return value


def _letters(drawn: random.Random, size: int) -> bytes:
    return "".join(drawn.choices(string.ascii_lowercase, k=size)).encode()
