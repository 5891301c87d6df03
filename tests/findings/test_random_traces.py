"""Whatever packets come: every rule answers, and what it says can be told in both languages."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.stream.same_server import Siblings
from tcptui.findings.annotate import annotate
from tcptui.findings.facts import RuleContext
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import explain_finding, finding_short
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

LANGUAGES = tuple(Words(language) for language in Language)
#: The list's note column (cells).
SHORT = 40
FLAGS = ("A", "A", "A", "PA", "PA", "S", "SA", "SAE", "SEW", "FA", "FPA", "R", "RA", "AE", "AW", "SF", ".", "SR")
STEPS_MS = (0.0, 0.02, 0.5, 3.0, 40.0, 41.0, 210.0, 1010.0, 3000.0, 61_000.0, -2.0)


class _Talk:
    """Two ends that say almost sensible things: numbers near those already used, times that mostly go on."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.sent = {"C": 0, "S": 0}
        self.ms = 0.0
        self.numbers = {"C": 100, "S": 900}

    def line(self) -> str:
        chance = self.chance
        self.ms = max(0.0, self.ms + chance.choice(STEPS_MS))
        sender = chance.choice("CS")
        other = "S" if sender == "C" else "C"
        letters = chance.choice(FLAGS)
        length = chance.choice((0, 0, 1, 100, 1000, 1460, 3000)) if "S" not in letters else 0
        seq = self.sent[sender] - chance.choice((0, 0, 0, 0, 1, 100, 1000)) + chance.choice((0, 0, 0, 0, 500))
        ack = self.sent[other] - chance.choice((0, 0, 0, 1, 1000))
        self.sent[sender] = max(self.sent[sender], seq + length + ("S" in letters or "F" in letters))
        self.numbers[sender] += chance.choice((1, 1, 1, 1, 2, 0))
        words = [f"{self.ms} {sender} {letters} {max(0, seq)} {max(0, ack)} {length}", f"id={self.numbers[sender]}"]
        if chance.random() < 0.6:
            words.append(f"ts={int(self.ms) + 1},{int(self.ms) // 2}")
        extras = ("", "", "win=0", "win=300", "ttl=61", "tos=3", "sum=bad", "sum=good", "keep=52", "sackok=1 scale=7")
        words.append(chance.choice(extras) if length or "S" not in letters else chance.choice(("", "sackok=1 scale=7")))
        if "A" in letters and "S" not in letters and chance.random() < 0.2:
            left = max(0, ack + chance.choice((-1000, 0, 500)))
            words.append(f"sack={left}:{left + 1000}")
        return " ".join(filter(None, words))


@pytest.mark.parametrize("seed", range(24))
def test_random_packets_are_judged_and_told(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    opening = chance.choice(
        (
            [],
            ["0 C S 0 0 sackok=1", "40 S SA 0 1", "40.1 C A 1 1"],
            ["0 C SEW 0 0 scale=7", "0.1 S SAE 0 1", "40 C A 1 1"],
        )
    )
    talk = _Talk(chance)
    lines = [*opening, *(talk.line() for _ in range(chance.randint(5, 120)))]
    session = open_file(write_trace(tmp_path / "random.pcap", lines))
    quality = replace(session.quality, kernel_dropped=seed % 3)
    context = RuleContext(quality, session.reader.packet, siblings=Siblings(session.store, session.streams))

    for stream in range(session.streams.count):
        view = view_of(session, stream)
        found = annotate(view, context)
        assert len({finding.id for finding in found}) == len(found)
        for finding in found:
            assert finding.packets, finding
            assert list(finding.packets) == sorted(set(finding.packets)), finding
            for words in LANGUAGES:
                told = explain_finding(finding, view, words)
                assert all((told.title, told.meaning, *(line for part in told.sections for line in part.lines))), (
                    finding
                )
                assert 0 < cell_len(finding_short(finding, words)) <= SHORT, finding
