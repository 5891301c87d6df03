"""When a file has had its share of the memory.

Packets of a file all stay in memory, and a packed file of a megabyte may hold millions of them.
"""

from __future__ import annotations

from typing import Final

from tcptui.available_memory import available_memory

#: Of the memory that is there at the beginning the packets may take one part in so many: what is made of them needs
#: memory, too, and the machine is not ours.
SHARE: Final = 2
#: So many packets later it is looked again.
LOOK_EVERY: Final = 1 << 18


class MemoryRoom:
    """Whether more packets may be read; where nobody knows what memory there is, any number."""

    def __init__(self) -> None:
        self._least = available_memory() // SHARE
        self._next_look = LOOK_EVERY
        self.spent = False
        """No more."""

    def look(self, packets: int) -> None:
        """There are ``packets`` now; seen to now and then."""
        if packets >= self._next_look:
            self._next_look = packets + LOOK_EVERY
            self.spent = self.spent or available_memory() < self._least
