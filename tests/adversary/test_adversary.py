"""The engine against the real tshark, on hostile traffic: the same each time, or what nobody has seen before."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from seeds import SEED_VARIABLE, seed

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.adversary.generator import SHAPES, generate
from tests.adversary.hunt import untraced
from tests.adversary.judge import Judge, minimised, ours
from tests.adversary.packets import Capture
from tests.adversary.run import PER_CAPTURE, compare, minimise

pytestmark = pytest.mark.tshark

#: (seed, shape, frames) that once showed a difference; small, so that they cost little.
ONCE_FAILED = (
    (1, "balanced", 2000), (1, "exact", 1500), (1, "loss", 1500), (1, "wrap", 1000), (1, "soup", 1500),
    (1, "reuse", 500), (1, "middle", 500), (1, "options", 2500), (2, "lengths", 7000), (2, "garbage", 6200),
    (3, "cut", 10300), (2, "quotes", 1100), (103, "quotes", 10000), (105, "cut", 4500),
    (3209224657, "cut", 11000), (1271412891, "cut", 4100),
)  # fmt: skip


SEED = seed(20_261_130)


@pytest.fixture(scope="module")
def judge(corpus: Path) -> Judge:
    return Judge(corpus)


@pytest.fixture(autouse=True)
def _uncounted() -> Iterator[None]:
    """Lines that run a quarter of a million times are covered by other tests."""
    with untraced():
        yield


@pytest.fixture(autouse=True)
def _announce(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    with capsys.disabled():
        if os.environ.get("PYTEST_XDIST_WORKER") is None and not _announced:
            _announced.append(SEED)
            print(f"\nadversary: {SEED_VARIABLE}={SEED}")


_announced: list[int] = []


@pytest.mark.some(6)
@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_traffic_gets_tsharks_verdicts_and_values(judge: Judge, tmp_path: Path, shape: str) -> None:
    """18 shapes of 8,000 frames: 144,000 in all; a failure leaves a minimised capture behind."""
    frames, found = compare(judge, tmp_path, SEED, shape, PER_CAPTURE)

    assert frames >= PER_CAPTURE
    if found:
        small = tmp_path / f"{shape}-{SEED}-small.pcap"
        few = minimise(judge, SEED, shape, PER_CAPTURE, found[0], small)
        shown = "\n".join(str(difference) for difference in found[:20])
        pytest.fail(
            f"{SEED_VARIABLE}={SEED}, shape {shape}: {len(found)} of {frames} frames differ; "
            f"{few} frames in {small}\n{shown}",
            pytrace=False,
        )


@pytest.mark.parametrize(("seed", "shape", "frames"), ONCE_FAILED)
def test_traffic_that_once_differed_no_longer_does(
    judge: Judge, tmp_path: Path, seed: int, shape: str, frames: int
) -> None:
    assert compare(judge, tmp_path, seed, shape, frames)[1] == []


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again, other = (generate(seed, "balanced", 300).frames for seed in (7, 7, 8))

    assert first == again
    assert first != other


def test_wrong_answer_is_noticed_and_minimised(judge: Judge, tmp_path: Path) -> None:
    capture, path = generate(5, "exact", 120), tmp_path / "c.pcap"

    def differs(only: list[int]) -> bool:
        capture.write(path, only)
        frames = ours(path)
        for frame in frames:
            frame["verdicts"] = [name for name in frame["verdicts"] if name != "duplicate_ack"]
        return bool(judge.differences(judge.ask(path), frames))

    assert differs(list(range(120)))
    few = minimised(capture, differs, tries=60)

    assert len(few) <= 8
    assert differs(few)


def test_capture_of_no_frames_is_still_a_file(tmp_path: Path) -> None:
    Capture().write(tmp_path / "empty.pcap")

    assert ours(tmp_path / "empty.pcap") == []
