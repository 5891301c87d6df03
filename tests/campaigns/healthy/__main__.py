"""Records healthy connections and says what is claimed of them: `python -m tests.campaigns.healthy --rounds 60`.

Each round plays every scene once, in a network namespace of its own.  Needs root, nginx, OpenSSL, curl, nghttp2, Redis,
memcached and tcpdump.  Exit status 1 where anything louder than a note is said of a connection.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.model.finding import Severity
from tcptui.session.session import open_file
from tests.campaigns.healthy.clients import SCENES, Stage
from tests.campaigns.healthy.pulse import Pulse
from tests.campaigns.healthy.servers import make_files, servers
from tests.support.recorded_traffic import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Scenes that play at once.
_TOGETHER: Final = 6
#: Servers end what clients gave up.
_LEFT_S: Final = 2.0


class Said(NamedTuple):
    """What is claimed of a connection."""

    scene: str
    stream: int
    finding: str

    def __str__(self) -> str:
        return f"{self.scene}: connection {self.stream}: {self.finding}"


def record(capture: Path, rounds: int, seed: int) -> float:
    """Play every scene ``rounds`` times and write what passes; in a namespace where nobody else speaks.

    Returns for how many seconds, at worst, one of the programs stood still: connections tell of that, too.
    """
    for words in (
        ("link", "set", "lo", "mtu", "1500"),
        ("link", "set", "lo", "up"),
        ("addr", "add", "127.0.0.1/8", "dev", "lo"),
    ):
        subprocess.run(("ip", *words), check=False, capture_output=True, timeout=600)
    with tempfile.TemporaryDirectory(prefix="healthy-") as folder:
        work = Path(folder)
        make_files(work)
        with servers(work), recorded(capture), Pulse() as pulse, ThreadPoolExecutor(_TOGETHER) as pool:
            plays = [
                pool.submit(scene, Stage(f"127.1.{n}.1", work, random.Random(f"{seed} {turn} {n}")))
                for turn in range(rounds)
                for n, scene in enumerate(SCENES)
            ]
            for play in plays:
                play.result()
            time.sleep(_LEFT_S)
        return pulse.stood_s


def record_apart(capture: Path, rounds: int, seed: int) -> float:
    """`record` in a process whose network namespace ends with it."""
    words = ("--inside", "--rounds", str(rounds), "--seed", str(seed), str(capture))
    done = subprocess.run(
        ("unshare", "--net", sys.executable, "-m", "tests.campaigns.healthy", *words),
        cwd=Path(__file__).parents[3], check=True, timeout=3_600, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return float(done.stdout.splitlines()[-1])


def connections(capture: Path) -> dict[str, int]:
    """How many connections each scene made."""
    session = open_file(capture)
    found = dict.fromkeys((scene.__name__ for scene in SCENES), 0)
    for stream in session.streams.listed().tolist():
        found[_scene(session.streams.server(stream).host)] += 1
    return found


def _scene(host: str) -> str:
    return SCENES[int(host.split(".")[2])].__name__


def said(capture: Path) -> Iterator[Said]:
    """Findings above a note."""
    session = open_file(capture)
    for stream in session.streams.listed().tolist():
        for finding in session.findings(stream):
            if finding.severity > Severity.NOTE:
                yield Said(_scene(session.streams.server(stream).host), stream, finding.id.value)


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when nothing was said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path, nargs="?", default=Path("healthy.pcap"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--judge", action="store_true", help="what is said of a recording that is there")
    chosen = parser.parse_args(words)
    if chosen.inside:
        print(record(chosen.capture, chosen.rounds, chosen.seed))
        return 0
    if not chosen.judge:
        stood_s = record_apart(chosen.capture.resolve(), chosen.rounds, chosen.seed)
        print(f"a program stood still for {stood_s:.3f} s at worst")
    counted = connections(chosen.capture)
    found = list(said(chosen.capture))
    for scene, count in counted.items():
        print(f"{scene}: {count}")
    for one in found:
        print(one)
    print(f"{sum(counted.values())} connections, {len({one.stream for one in found})} of them called ill")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
