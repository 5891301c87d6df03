"""The adversary is strong enough: whatever rule or threshold is wrong by one, it notices."""

from __future__ import annotations

import sys
from pathlib import Path
from zlib import crc32

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.adversary.hunt import grounds, hunt, untraced
from tests.adversary.judge import Judge
from tests.adversary.mutants import THRESHOLDS, Mutant, mutants

pytestmark = pytest.mark.tshark

#: One mutant of so many is hunted here, always the same; ``python tests/adversary/hunt.py`` hunts all of them.
SAMPLE = 8

#: Mutants that cannot be noticed, because they are right: the beginning of their name, and why.
EQUIVALENT = {
    "DUPLICATES_RESET": "a mark that is only compared with itself, with 0 and with 2; no count comes near it",
    "without is_ack, in: if is_syn and is_ack and (fwd[BASE] >= 0)": "another number means a new stream by then",
    "not remembered: out_marks[i] &= REBASED": "only for a SYN without room for its header, which is never generated",
    "k == TCP: Eq becomes NotEq, in: if k == TCP": "a mark of ours that tshark does not have",
    "without k == TCP, in: bits = PART_SYN": "a repeated SYN's bit is ours; compare.py takes tshark's value or this",
    "limit < 0: Lt becomes LtE": "a limit of 0 has become 3 ms above",
    "low <= high: LtE becomes Lt": "no segment in the list is empty",
    "low > high: Gt becomes GtE": "no segment in the list is empty",
    "low < pool_end[newest]": "only whether the list may be left early: slower, never different",
    "low < last_high": "only whether the list may be left early: slower, never different",
    "low < fwd[LOWEST]: Lt becomes LtE": "the smaller of two equal numbers",
    "high > fwd[HIGHEST]: Gt becomes GtE": "the larger of two equal numbers",
    "low < lowest: Lt becomes LtE": "the smaller of two equal numbers",
    "high > highest: Gt becomes GtE": "the larger of two equal numbers",
    "pool_end[newest] - pool_seq[entry] & SEQ_MASK < SEQ_HALF: Lt becomes LtE": "only whether to leave the list early",
    "ack - pool_end[newest] & SEQ_MASK >= SEQ_HALF: GtE becomes Gt": "only whether the list may be left early",
    "without ack - e_end & SEQ_MASK >= SEQ_HALF, in: if stop_early": "sorted: behind the first that stays, all stay",
    "ack - e_end & SEQ_MASK >= SEQ_HALF: GtE becomes Gt, in: if stop_early": "only whether the list may be left early",
    "e_seq - ack & SEQ_MASK >= SEQ_HALF: GtE becomes Gt": "then its end fails the other condition: none is 2^31 long",
    "e_end - ack & SEQ_MASK >= SEQ_HALF: GtE becomes Gt": "then its begin fails the other condition: none is 2^31 long",
    "not remembered: rev[SORTED] = in_order": "taking from a sorted list leaves it sorted; else only slower",
    "not remembered: pool_free = entry": "memory is lost, no number changes",
    "not remembered: pool_left": "how much memory to ask for, no number changes",
    "without fwd[OLDEST] >= 0, in: if length > 0": "this segment itself is in the list, or ten thousand are",
    "flight > 0: Gt becomes GtE": "neither number is printed when nothing is in flight",
    "not remembered: fwd[SCALE] = quoted_scale": "the adversary's quotations have no options; test_quotes.py's have",
    "shift_in[i] < MAX_SHIFT: Lt becomes LtE": "the smaller of two equal numbers",
}  # fmt: skip


def _reason(mutant: Mutant) -> str | None:
    return next((why for begin, why in EQUIVALENT.items() if mutant.name.startswith(begin)), None)


@pytest.fixture(scope="module")
def every_mutant() -> list[Mutant]:
    with untraced():
        return list(mutants())


def test_every_rule_and_threshold_has_mutants(every_mutant: list[Mutant]) -> None:
    names = "\n".join(mutant.name for mutant in every_mutant)

    assert len(every_mutant) > 250
    assert all(f"{name} {step}" in names for name in THRESHOLDS for step in ("-1", "+1"))
    assert names.count("rule off:") >= 19


def test_every_excuse_is_still_needed(every_mutant: list[Mutant]) -> None:
    unused = [begin for begin in EQUIVALENT if not any(m.name.startswith(begin) for m in every_mutant)]

    assert unused == []


def test_adversary_notices_each_mutant_of_a_sample(
    corpus: Path, tmp_path: Path, every_mutant: list[Mutant], capsys: pytest.CaptureFixture[str]
) -> None:
    judge = Judge(corpus)
    sample = [mutant for mutant in every_mutant if crc32(mutant.name.encode()) % SAMPLE == 0]
    hunted = [mutant for mutant in sample if _reason(mutant) is None]

    with untraced():
        found = grounds(tmp_path)
        survivors = [f"{mutant.line}: {mutant.name}" for mutant in hunted if hunt(judge, found, mutant) is None]

    with capsys.disabled():
        excused = len(sample) - len(hunted)
        print(f"\nadversary: {len(hunted) - len(survivors)} mutants noticed, {excused} cannot be (listed with reasons)")
    assert survivors == []
    assert len(hunted) > 25
