"""Mutants by number; with a guide, what reached something new is mutated further."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.adversary.capture_mutants import PACKETS, mutated
from tests.adversary.capture_pieces import read_seeds, take_apart
from tests.adversary.dialogue_mutants import dialogue, retold
from tests.adversary.file_mutants import packed_file, sections
from tests.adversary.reached import ROOT
from tests.conftest import corpus_folder

if TYPE_CHECKING:
    from pathlib import Path

#: Seeds larger than this are left out: of each only the first packets are used anyway.
LARGEST_SEED: Final = 800_000
#: A mutant that is larger is not mutated further: each generation may be larger than the last.
_LARGEST_PARENT: Final = 60_000


def seeds() -> dict[str, bytes]:
    """What is mutated: the corpus, where there is one, and the bundled cases."""
    corpus = corpus_folder()
    folders = [] if corpus is None else [corpus / name for name in ("dev", "quirks", "malformed")]
    return read_seeds([*folders, ROOT / "cases"], LARGEST_SEED)


def _changed(begin: bytes, pool: list[bytes], chance: random.Random) -> bytes:
    """``begin`` with packets changed, dialogues told otherwise, or all of it written in another way."""
    kind = chance.random()
    if kind < 0.45:
        return mutated(begin, pool, chance)
    pieces = take_apart(begin, PACKETS)
    if kind < 0.6:
        dialogue(pieces, chance)
    elif kind < 0.92:
        for _ in range(chance.choice((1, 1, 2, 4))):
            # Most of what stands in captures are ACKs, and they say nothing.
            telling = sorted(pieces.packets, key=lambda record: len(record.frame))[-20:]
            if telling:
                retold(pieces, chance.choice(telling), chance)
    else:
        return sections([bytes(record.frame) for record in pieces.packets], pieces.link, chance)
    made = pieces.joined()
    return mutated(made, pool, chance) if chance.random() < 0.25 else made


@dataclass(frozen=True, slots=True)
class Mutant:
    """One capture to be tried out."""

    number: int
    plain: bytes
    """Before it was packed: what its offspring is made of."""
    data: bytes
    chance: random.Random
    """Decides the rest of the trial."""


class Mutants:
    """Makes the mutant of a number; those that were kept are mutated further.

    The same number gives the same bytes while the same ones were kept.
    """

    def __init__(self, captures: dict[str, bytes], seed: int) -> None:
        self._pool = list(captures.values())
        self._seed = seed
        self.kept = 0

    def make(self, number: int) -> Mutant:
        """The mutant of ``number``."""
        chance = random.Random(f"{self._seed}/{number}")
        begin = chance.choice(self._pool)
        if self.kept and chance.random() < 0.65:
            # The last to come somewhere new have been mutated least.
            back = int(self.kept * min(chance.random(), chance.random()))
            begin = self._pool[-1 - back]
        plain = _changed(begin, self._pool, chance)
        packed = plain and chance.random() < 0.04
        return Mutant(number, plain, packed_file(plain, chance) if packed else plain, chance)

    def keep(self, mutant: Mutant) -> bool:
        """Mutate this one, too, unless it is too large."""
        if not 0 < len(mutant.plain) <= _LARGEST_PARENT:
            return False
        self._pool.append(mutant.plain)
        self.kept += 1
        return True

    def load(self, folder: Path) -> None:
        """Go on with those that earlier processes kept in ``folder``."""
        for path in sorted(folder.glob("*.pcap"), key=lambda path: [int(part) for part in path.stem.split("-")]):
            self._pool.append(path.read_bytes())
            self.kept += 1
