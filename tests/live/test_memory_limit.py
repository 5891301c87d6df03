"""Files in a control group with little memory: read whole, with the answers that they have without a bound."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from forked_commands import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.live, pytest.mark.slow]

GROUPS: Final = Path("/sys/fs/cgroup")
MAKER: Final = ROOT / "tests/benchmarks/make_capture.py"
#: Bytes that the tables of its packets alone take more than a third of.
LEAST: Final = 150 << 20


@pytest.fixture
def group() -> Iterator[Path]:
    """A new group of `LEAST` bytes."""
    place = GROUPS / "memory" if (GROUPS / "memory").is_dir() else GROUPS
    made = place / f"tcptui-test-{os.getpid()}"
    made.mkdir()
    limit = "memory.limit_in_bytes" if place.name == "memory" else "memory.max"
    (made / limit).write_text(str(LEAST))
    yield made
    made.rmdir()


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 400,000 packets in 33 MB."""
    path = tmp_path_factory.mktemp("captures") / "many.pcap"
    subprocess.run([sys.executable, MAKER, path, "short", "--connections", "40000", "--snaplen", "68"], check=True)
    return path


def answer(capture: Path, words: tuple[str, ...], before: Callable[[], None] | None = None) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", words[0], capture, *words[1:]],
        capture_output=True, check=False, cwd=ROOT, preexec_fn=before,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words", [("packets", "--count"), ("assert", "no tcp.analysis.zero_window"), ("report", "--json")], ids=" ".join
)
def test_answers_in_a_small_group_are_those_without(words: tuple[str, ...], capture: Path, group: Path) -> None:
    def enter() -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()))

    found = answer(capture, words, enter)

    assert found[0] >= 0, "nobody is killed"
    assert found == answer(capture, words)
