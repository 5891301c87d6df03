"""Machine code that finds the flows of packets, against the table's own search: the same flows for the same keys."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tcptui.model.flow_table import KEY_WORDS, U64, FlowTable
from tcptui.wire.numba_compile import compiler_available
from tcptui.wire.recent_flows import RecentFlows, compiled_recent

pytestmark = pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")


def keys(numbers: list[int]) -> U64:
    """Keys of IPv4 and of IPv6, whose words have all bits, by number."""
    wide = [(number * 0x9E37_79B9_7F4A_7C15 % 2**64 if number % 2 else 0) for number in numbers]
    rows = [
        [word, number, ~word % 2**64 if word else 0, number + 1, (6 if word else 4) << 32 | (number % 7) << 16 | 80]
        for number, word in zip(numbers, wide, strict=True)
    ]
    return np.array(rows, np.uint64).reshape(-1, KEY_WORDS)


def compiled() -> FlowTable:
    flows = FlowTable()
    flows.compile(RecentFlows(compiled_recent()))
    return flows


@pytest.mark.parametrize("same_hash", [False, True], ids=["", "one hash"])
def test_each_key_has_the_flow_that_it_has_without_machine_code(same_hash: bool) -> None:
    chance = random.Random(11)
    flows, plain = compiled(), FlowTable()
    if same_hash:  # so do all flows contend for four places
        flows._secret = plain._secret = np.zeros(KEY_WORDS, np.uint64)
    alive: dict[int, int] = {}
    for _ in range(150):
        numbers = [chance.randrange(400) for _ in range(chance.choice((0, 1, 40, 600)))]
        found, other = flows.ids(keys(numbers)).tolist(), plain.ids(keys(numbers)).tolist()
        assert len(flows) == len(plain)
        for number, flow in zip(numbers, found, strict=True):
            assert alive.setdefault(number, flow) == flow
        assert len(set(found)) == len(set(other)) == len(set(numbers))
        assert len(set(alive.values())) == len(alive)
        words = np.array(sorted(set(found)), np.int64)
        assert {tuple(row) for row in flows.keys(words).tolist()} == {tuple(row) for row in keys(numbers).tolist()}
        if chance.random() < 0.3 and alive:
            gone = chance.sample(sorted(alive), min(len(alive), 30))
            flows.evict(np.array([alive.pop(number) for number in gone], np.int64))
            plain.evict(plain.ids(keys(gone)).astype(np.int64))


def test_a_batch_of_new_flows_looks_each_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    hashes = FlowTable._hashes

    def counted(table: FlowTable, words: U64) -> U64:
        asked.append(words.shape[1])
        return hashes(table, words)

    monkeypatch.setattr(FlowTable, "_hashes", counted)
    flows, numbers = compiled(), [*range(1000)] * 50

    flows.ids(keys(numbers))
    flows.ids(keys(numbers))

    assert sum(asked) < 1_100  # a few find their four places taken
