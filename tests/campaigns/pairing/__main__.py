"""Plays, damages and reads conversations: `python -m tests.campaigns.pairing --seeds 2000 [--first N] [--kind NAME]`.

Exit status 1 where a request has an answer, or a part of one, that belongs to another.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tcptui.access.requests import exchanges_with_times
from tcptui.session.session import Session, open_file
from tests.campaigns.pairing.damage import Known, damaged, played
from tests.campaigns.pairing.talks import TALKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.interface import Carried


class Read(NamedTuple):
    """What was made of a damaged recording."""

    wrong: tuple[str, ...]
    """Requests with answers of others."""
    paired: int
    """Requests with an answer."""
    known: int
    """Calls that were asked and answered."""


def read(path: Path, known: Known) -> Read:
    """Each request with what its answer is."""
    wrong, paired = [], 0
    with closing(open_file(path)) as session:
        for stream in session.streams.listed().tolist():
            for _, exchange in exchanges_with_times(session, stream):
                if exchange.request is None or exchange.response is None:
                    continue
                paired += 1
                asked = _calls(session, exchange.request, known.asked)
                answered = _calls(session, exchange.response, known.answered)
                if asked and answered and not answered <= asked:
                    wrong.append(f"{exchange.operation[:40]!r}: calls {sorted(asked)} have {sorted(answered)}")
    return Read(
        tuple(wrong), paired, sum(bool(a) and bool(b) for a, b in zip(known.asked, known.answered, strict=True))
    )


def _calls(session: Session, carried: Carried, ranges: Sequence[range]) -> set[int]:
    """The calls of whose bytes, in ``ranges`` by their numbers, ``carried`` has any."""
    segments = carried.direction.segments
    first = int(session.store.seq[int(segments.rows[0])]) - int(segments.start[0])
    found = set()
    for start, stop in carried.stretches:
        begin, end = first + start, first + max(stop, start + 1)
        found |= {n for n, one in enumerate(ranges) if len(one) and one.start < end and begin < one.stop}
    return found


def run(kind: str, seed: int, folder: Path) -> tuple[str, Read]:
    """What was done to the talk ``seed`` of ``kind``, and what was read of it."""
    chance = random.Random(f"{kind} {seed}")
    known = played(TALKS[kind](chance, chance.randint(3, 14)), chance)
    words, data = damaged(known.tape, chance)
    path = folder / f"{kind}-{seed}.pcap"
    path.write_bytes(data)
    found = read(path, known)
    if not found.wrong:
        path.unlink()
    return words, found


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when no answer was another's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kind", choices=[*TALKS])
    parser.add_argument("--keep", type=Path, help="where recordings stay that were read wrongly")
    chosen = parser.parse_args(words)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="pairing-") as folder:
        kept = chosen.keep or Path(folder)
        kept.mkdir(exist_ok=True)
        for kind in [chosen.kind] if chosen.kind else TALKS:
            counted: Counter[str] = Counter()
            for seed in range(chosen.first, chosen.first + chosen.seeds):
                damage, found = run(kind, seed, kept)
                counted["paired"] += found.paired
                counted["calls"] += found.known
                if found.wrong:
                    counted["wrong"] += 1
                    print(f"{kind} {seed} ({damage}): {found.wrong[0]}")
            failed += counted["wrong"]
            print(f"{kind}: {counted['paired']} of {counted['calls']} calls paired, {counted['wrong']} talks wrong")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
