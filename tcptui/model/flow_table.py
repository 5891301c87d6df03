"""Unordered 4-tuples: every TCP flow of a session, under a dense number."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcptui.model.endpoint import Endpoint

U64 = NDArray[np.uint64]

#: Words of a canonical flow key: address a (high, low), address b (high, low),
#: and version << 32 | port a << 16 | port b.
KEY_WORDS: Final = 5


class FlowTable:
    """Maps flow keys to dense ids, exactly, for whole batches.

    A key row is `KEY_WORDS` uint64 words; endpoint *a* is the smaller of (address,
    port).  Lookups go through a 64-bit hash with a per-process secret, and each hit is
    compared with the stored key, so colliding hashes cost time, never correctness.
    """

    def __init__(self) -> None:
        self._keys = np.zeros((1024, KEY_WORDS), np.uint64)
        self._count = 0
        self._by_hash: dict[int, int] = {}
        self._collided: dict[bytes, int] = {}
        rng = np.random.default_rng()
        self._secret = rng.integers(1, 2**63, KEY_WORDS, dtype=np.uint64) | np.uint64(1)

    def __len__(self) -> int:
        return self._count

    def ids(self, keys: U64) -> NDArray[np.int32]:
        """Ids of ``keys`` (shape n x KEY_WORDS); new flows get the next numbers, in no particular order."""
        mixed = keys * self._secret
        mixed ^= mixed >> np.uint64(29)
        mixed *= self._secret[::-1]
        hashes = np.bitwise_xor.reduce(mixed ^ (mixed >> np.uint64(32)), axis=1)
        # Few flows make most packets, so each is looked up once a batch.
        distinct, first_rows, which = np.unique(hashes, return_index=True, return_inverse=True)
        table = self._by_hash
        count = self._count
        flows = [table.get(value, -1) for value in distinct.tolist()]
        fresh = [place for place, flow in enumerate(flows) if flow < 0]
        for place in fresh:
            flows[place] = table[int(distinct[place])] = count
            count += 1
        if fresh:
            self._store(keys[first_rows[fresh]])
        found = np.array(flows, np.int32)[which]
        wrong = np.flatnonzero((self._keys[found] != keys).any(axis=1))
        for row in wrong.tolist():
            found[row] = self._collision(keys[row])
        return found

    def _store(self, keys: U64) -> None:
        needed = self._count + len(keys)
        if needed > len(self._keys):
            grown = np.zeros((max(needed, 2 * len(self._keys)), KEY_WORDS), np.uint64)
            grown[: self._count] = self._keys[: self._count]
            self._keys = grown
        self._keys[self._count : needed] = keys
        self._count = needed

    def _collision(self, key: U64) -> int:
        flow = self._collided.get(key.tobytes())
        if flow is None:
            flow = self._collided[key.tobytes()] = self._count
            self._store(key[None, :])
        return flow

    def endpoints(self, flow: int) -> tuple[Endpoint, Endpoint]:
        """Endpoints *a* and *b* of ``flow``."""
        a_high, a_low, b_high, b_low, rest = (int(word) for word in self._keys[flow])
        size = 16 if rest >> 32 == 6 else 4
        return (
            Endpoint(_address(a_high, a_low, size), rest >> 16 & 0xFFFF),
            Endpoint(_address(b_high, b_low, size), rest & 0xFFFF),
        )

    def ports(self, flows: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ports of *a* and *b* for many flows at once."""
        rest = self._keys[flows, 4].astype(np.int64)
        return rest >> 16 & 0xFFFF, rest & 0xFFFF

    def addresses(self, start: int, stop: int) -> U64:
        """Of flows ``start`` to ``stop``: both endpoints (axis 1: *a*, *b*) as (high, low, IP version)."""
        keys = self._keys[start:stop]
        version = keys[:, 4] >> np.uint64(32)
        return np.stack((keys[:, 0], keys[:, 1], version, keys[:, 2], keys[:, 3], version), 1).reshape(-1, 2, 3)


def _address(high: int, low: int, size: int) -> bytes:
    return (high << 64 | low).to_bytes(16, "big")[16 - size :]
