"""The flow table: a dense id for every TCP flow (unordered 4-tuple) of a session.

In a capture that runs for days flows are evicted and their ids reused, so that the table grows with what is kept only.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tcptui.model.endpoint import Endpoint
from tcptui.model.shared_memory import shared_zeros

if TYPE_CHECKING:
    from collections.abc import Callable

    #: As `tcptui.wire.recent_flows.find_recent`, which makes what it returns.
    FindRecent = Callable[..., tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]]

U64 = NDArray[np.uint64]

#: Words of a canonical flow key: address a (high, low), address b (high, low),
#: and version << 32 | port a << 16 | port b.
KEY_WORDS: Final = 5
_A_LOW, _B_LOW = 1, 3


#: Bits of the hash that index the cache of recent flows.
RECENT_BITS: Final = 18
#: LRU size: addresses whose texts are cached.
_HOSTS: Final = 1 << 14


class FlowTable:
    """Maps flow keys to dense ids, exactly, for whole batches.

    A key is `KEY_WORDS` uint64 words; endpoint *a* is the smaller of (address, port).
    Lookups go through a 64-bit hash with a per-process secret, and each hit is compared
    with the stored key, so colliding hashes cost time, never correctness.
    """

    def __init__(self, *, shared: bool = False) -> None:
        """``shared``: other processes will map the keys (`model.shared_memory`)."""
        self._zeros: Callable[..., U64] = shared_zeros if shared else np.zeros
        self._keys = np.zeros((KEY_WORDS, 1024), np.uint64)
        """One row per word, one column per flow."""
        self._count = 0
        """Ids below this one are or were in use."""
        self._by_hash: dict[int, int] = {}
        self._collided: dict[bytes, int] = {}
        """Flows whose hash another flow had when they were stored, by their whole key."""
        self._free: list[int] = []
        """Ids of evicted flows, free for reuse."""
        self._quarantined: list[int] = []
        """Ids of the flows evicted by the last call, not reused yet: another thread may still be reading one."""
        self.renewals = 0
        """Incremented whenever an id may come to mean another flow, so that caches by id can be dropped."""
        self._recent = np.zeros(1 << RECENT_BITS, np.int32)
        """Cache of flow ids by the top bits of their hash; a hit is checked against the stored key."""
        self._find: FindRecent | None = None
        # Odd, so that no word loses bits.  Not of NumPy's generator, whose import would take longer than all else here.
        self._secret = np.frombuffer(os.urandom(8 * KEY_WORDS), np.uint64) >> np.uint64(1) | np.uint64(1)

    def __len__(self) -> int:
        """All ids are below this number; free ones are counted, too."""
        return self._count

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs that reads the table: not what finds the ids of further packets."""
        return {**self.__dict__, "_by_hash": {}, "_collided": {}, "_recent": self._recent[:0], "_find": None}

    def compile(self, find: FindRecent) -> None:
        """Have ``find`` look for recent flows from now on; ids stay the same."""
        self._find = find

    def ids(self, keys: U64) -> NDArray[np.int32]:
        """Ids of ``keys`` (shape n x KEY_WORDS); new flows get free ids, in no particular order.

        Fastest when ``keys`` is a transposed array, in which the same word of all keys is contiguous.
        """
        words = np.ascontiguousarray(keys.T)
        if self._find is not None:
            signed = [each.view(np.int64) for each in (words, self._secret, self._keys)]
            found, firsts, places = self._find(*signed, self._recent)
            if len(firsts):
                others = words[:, firsts]
                flows = self._look_up(self._hashes(others), others)
                self._recent[places] = flows
                numbered = np.flatnonzero(found < 0)
                found[numbered] = flows[-1 - found[numbered]]
            return found
        hashes = self._hashes(words)
        slots = (hashes >> np.uint64(64 - RECENT_BITS)).astype(np.int64)
        found = self._recent.take(slots)
        # Most packets belong to recent flows; only the others are looked up in the dictionary.
        missed = np.flatnonzero(~self._match(found, words))
        if len(missed):
            found[missed] = self._look_up(hashes[missed], words[:, missed])
            self._recent[slots[missed]] = found[missed]
        return found

    def _hashes(self, words: U64) -> U64:
        mixed: U64 = words[0] * self._secret[0]
        for word, secret in zip(words[1:], self._secret[1:], strict=True):
            mixed ^= mixed >> np.uint64(29)
            mixed += word
            mixed *= secret
        mixed ^= mixed >> np.uint64(32)
        return mixed

    def _match(self, flows: NDArray[np.int32], words: U64) -> NDArray[np.bool_]:
        """Whether each flow's key is the one in ``words``; unused flows match nothing, having no IP version."""
        same: NDArray[np.bool_] = self._keys[-1].take(flows) == words[-1]
        for stored, word in zip(self._keys[:-1], words[:-1], strict=True):
            same &= stored.take(flows) == word
        return same

    def _look_up(self, hashes: U64, words: U64) -> NDArray[np.int32]:
        distinct, first, which = np.unique(hashes, return_index=True, return_inverse=True)
        table = self._by_hash
        values = distinct.tolist()
        flows = [table.get(value, -1) for value in values]
        fresh = [place for place, flow in enumerate(flows) if flow < 0]
        if self._collided:  # a collided flow stays there after the flow that had its hash was evicted
            for place in fresh:
                flows[place] = self._collided.get(words[:, first[place]].tobytes(), -1)
            fresh = [place for place in fresh if flows[place] < 0]
        if fresh:
            for place, flow in zip(fresh, self._store(words[:, first[fresh]]), strict=True):
                flows[place] = table[values[place]] = flow
        found = np.array(flows, np.int32)[which]
        for row in np.flatnonzero(~self._match(found, words)).tolist():
            found[row] = self._collision(words[:, row])
        return found

    def _store(self, words: U64) -> list[int]:
        """Store the keys, one per column of ``words``; returns their ids."""
        wanted = words.shape[1]
        numbers: list[int] = []
        if self._free:
            self._free, numbers = self._free[:-wanted], self._free[-wanted:]
            self.renewals += 1
        upto = self._count + wanted - len(numbers)
        numbers += range(self._count, upto)
        if upto > self._keys.shape[1]:
            longer = self._zeros((KEY_WORDS, max(upto, 2 * self._keys.shape[1])), np.uint64)
            longer[:, : self._count] = self._keys[:, : self._count]
            self._keys = longer
        self._keys[:, numbers] = words
        self._count = upto
        return numbers

    def _collision(self, key: U64) -> int:
        flow = self._collided.get(key.tobytes())
        if flow is None:
            (flow,) = self._store(key[:, None])
            self._collided[key.tobytes()] = flow
        return flow

    def evict(self, flows: NDArray[np.int64]) -> None:
        """Evict ``flows`` (distinct), which no kept row or stream refers to any more.

        A later packet of an evicted flow begins a new one.  The ids are free for reuse after the next call.
        """
        self._free += self._quarantined
        self._quarantined = flows.tolist()
        if not len(flows):
            return
        words = np.ascontiguousarray(self._keys[:, flows])
        for flow, value, key in zip(self._quarantined, self._hashes(words).tolist(), words.T, strict=True):
            if self._by_hash.get(value) == flow:
                del self._by_hash[value]
            elif self._collided:
                self._collided.pop(key.tobytes(), None)
        self._keys[:, flows] = 0
        self.renewals += 1

    def keys(self, flows: NDArray[np.int64]) -> U64:
        """The keys of ``flows``, as they were given to `ids`: one row of `KEY_WORDS` words each."""
        return self._keys[:, flows].T

    def word(self, place: int, flows: NDArray[np.int32]) -> U64:
        """One word of the keys of ``flows``: five times as fast as all of them."""
        words: U64 = self._keys[place].take(flows)
        return words

    def all_low_words(self) -> tuple[U64, U64]:
        """The low words of the addresses of all flows: of endpoints *a*, and of endpoints *b*."""
        return self._keys[_A_LOW, : self._count], self._keys[_B_LOW, : self._count]

    def low_words(self, flows: NDArray[np.int32], of_b: NDArray[np.bool_]) -> U64:
        """The low word of one address of each of ``flows``, that of endpoint *b* where ``of_b``: one look-up each."""
        keys = self._keys
        places = flows + np.where(of_b, _B_LOW * keys.shape[1], _A_LOW * keys.shape[1])
        words: U64 = keys.ravel().take(places)
        return words

    def endpoints(self, flow: int) -> tuple[Endpoint, Endpoint]:
        """Endpoints *a* and *b* of ``flow``."""
        a_high, a_low, b_high, b_low, rest = (int(word) for word in self._keys[:, flow])
        size = 16 if rest >> 32 == 6 else 4
        return (
            Endpoint(_address(a_high, a_low, size), rest >> 16 & 0xFFFF),
            Endpoint(_address(b_high, b_low, size), rest & 0xFFFF),
        )

    def ports(self, flows: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ports of *a* and *b* for many flows at once."""
        rest = self._keys[4].take(flows).view(np.int64)
        return rest >> 16 & 0xFFFF, rest & 0xFFFF

    def are_with_themselves(self, flows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether *a* and *b* are one address and port, for many flows at once."""
        a_high, a_low, b_high, b_low = self._keys[:4, flows]
        ports_a, ports_b = self.ports(flows)
        same: NDArray[np.bool_] = (a_high == b_high) & (a_low == b_low) & (ports_a == ports_b)
        return same

    def hosts(self, flows: NDArray[np.int32]) -> tuple[list[str], list[str]]:
        """Addresses of *a* and of *b* as text (`Endpoint.host`), for many flows at once."""
        a_high, a_low, b_high, b_low, rest = (word.tolist() for word in self._keys[:, flows])
        sizes = [16 if word >> 32 == 6 else 4 for word in rest]
        return list(map(_host, a_high, a_low, sizes)), list(map(_host, b_high, b_low, sizes))

    def addresses(self, start: int, stop: int) -> U64:
        """Endpoints of flows ``start`` to ``stop`` (axis 1: *a*, *b*), each as (high, low, IP version)."""
        return self._addresses(self._keys[:, start:stop])

    def addresses_of(self, flows: NDArray[np.int32]) -> U64:
        """`addresses` of the flows ``flows``."""
        return self._addresses(self._keys[:, flows])

    @staticmethod
    def _addresses(keys: U64) -> U64:
        a_high, a_low, b_high, b_low, rest = keys
        version = rest >> np.uint64(32)
        return np.stack((a_high, a_low, version, b_high, b_low, version), 1).reshape(-1, 2, 3)


@lru_cache(maxsize=_HOSTS)
def _host(high: int, low: int, size: int) -> str:
    return Endpoint(_address(high, low, size), 0).host


def _address(high: int, low: int, size: int) -> bytes:
    return (high << 64 | low).to_bytes(16, "big")[16 - size :]
