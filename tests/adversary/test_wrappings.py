"""The adversary's traffic in stacks of links, tags and tunnels, in fragments and cut, against the real tshark."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from seeds import SEED_VARIABLE, seed

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.adversary.generator import generate
from tests.adversary.judge import Judge, ours
from tests.adversary.wrappings import LINKS, Wrapper

pytestmark = pytest.mark.tshark

#: Frames of each link type's capture, before they are split.
FRAMES = 350
_SHAPES = ("balanced", "loss", "reuse", "quotes", "options", "lengths", "cut", "soup")


@pytest.mark.some(5)
@pytest.mark.parametrize("link", LINKS)
def test_wrapped_traffic_gets_tsharks_verdicts_and_values(corpus: Path, tmp_path: Path, link: int) -> None:
    begin = seed(link)
    numbers = random.Random(begin)
    wrapper = Wrapper(numbers, link, fragmented=numbers.choice((0.1, 0.5)), cut=numbers.choice((0, 0.1)))
    capture = wrapper.wrap(generate(begin, numbers.choice(_SHAPES), FRAMES))
    path = tmp_path / "wrapped.pcap"
    capture.write(path)
    judge = Judge(corpus)

    found = judge.differences(judge.ask(path), ours(path))

    assert [str(difference) for difference in found] == [], f"{SEED_VARIABLE}={begin}, link type {link}"
    assert len(capture.frames) >= FRAMES
