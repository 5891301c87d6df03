"""A race finder: all readings of a capture by several threads at once, against the same readings one after the other.

    python -m tests.campaigns.threads [CAPTURE…] [--rounds 3] [--threads 4] [--seed 1]

A round is two new processes, whose lazily filled tables and caches are empty: in one, a single thread reads all that
screens and commands read of a capture (header trees, findings, requests, conversations, time budgets, filters,
searches, names, groups); in the other, several threads read all of it, each in an order of its own, over one session,
and are switched between every few instructions.  A reading that differs is a line; exit status 1 if there is one.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from tree_text import tree_text

from tcptui.access.open_capture import view_of
from tcptui.access.requests import cached_requests
from tcptui.dfilter.compile import compile_filter
from tcptui.session.other_tables import dns_names
from tcptui.session.session import open_file
from tcptui.session.sharing import ALONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.session.session import Session

ROOT: Final = Path(__file__).resolve().parents[2]
CASES: Final = ROOT / "cases"
#: Seconds after which the interpreter goes on with another thread: it is 0.005 elsewhere.
_SWITCH_S: Final = 1e-5
#: Packets and connections of a capture that are read.
_PACKETS: Final = 60
_STREAMS: Final = 12
_FILTERS: Final = (
    "tcp.analysis.retransmission",
    "http.request.uri or http2.headers.path",
    "dns.qry.name or tls.handshake.extensions_server_name",
    "ip.ttl > 3 and tcp.options.wscale.shift",
    'tcptui.severity == "error" or tcptui.finding',
    'frame contains "GET" or mysql.query or pgsql.query',
)


@dataclass(frozen=True)
class Difference:
    """A reading that several threads at once have not made as one thread alone."""

    capture: str
    reading: str

    def __str__(self) -> str:
        return f"{self.capture}: {self.reading}"


def readings(session: Session) -> dict[str, Callable[[], object]]:
    """By name, what is read of ``session``, as calls that return what `repr` tells whole."""
    found: dict[str, Callable[[], object]] = {}
    streams = range(min(session.streams.count, _STREAMS))
    rows = range(session.store.first, min(session.store.count, session.store.first + _PACKETS))
    found |= {f"header tree of row {row}": lambda row=row: _tree(session, row) for row in rows}
    for stream in streams:
        found |= {
            f"findings of {stream}": lambda stream=stream: session.findings(stream),
            f"current findings of {stream}": lambda stream=stream: session.current_findings(stream),
            f"requests of {stream}": lambda stream=stream: cached_requests(session, stream),
            f"conversation of {stream}": lambda stream=stream: _conversation(session, stream),
            f"time budget of {stream}": lambda stream=stream: _budget(session, stream),
        }
    found |= {f"filter {text}": lambda text=text: _matching(session, text) for text in _FILTERS}
    found |= {
        "trouble": lambda: session.trouble,
        "quality": lambda: session.quality,
        "names": lambda: _names(session),
        "statements": lambda: _statements(session, streams),
        "groups": lambda: _groups(session),
        "search": lambda: _search(session),
    }
    return found


def _tree(session: Session, row: int) -> str:
    from tcptui.protocols.headers.cursor import TreeOptions
    from tcptui.protocols.headers.tree import header_tree

    # Vendors' names come from another process, and are left out while it is slow to answer.
    options = TreeOptions(vendor_names=False)
    stream = int(session.store.stream[row])
    application = session.application(stream) if stream >= 0 else None
    return tree_text(header_tree(session.reader.packet(row), application, options))


def _conversation(session: Session, stream: int) -> object:
    return [(each.length, each.read(0, 1 << 20)) for each in session.directions(stream)]


def _budget(session: Session, stream: int) -> object:
    from tcptui.analysis.timing.budget import time_budget

    budget = time_budget(view_of(session, stream))
    return budget.elapsed_ns, budget.parts, budget.delays, budget.in_turns


def _matching(session: Session, text: str) -> object:
    from tcptui.session.filtering.run import FilterRun

    run = FilterRun(session, compile_filter(text))
    return run.matching(session.store.first, session.store.count).tolist()


def _names(session: Session) -> object:
    names = dns_names(session)
    while not names.is_current:
        names.grow()
    store = session.store
    return [names.names_of(session.reader.data(row)[26:30]) for row in range(store.first, min(store.count, _PACKETS))]


def _statements(session: Session, streams: range) -> object:
    from tcptui.session.statements import group_statements

    return group_statements([request for stream in streams for request in cached_requests(session, stream)])


def _groups(session: Session) -> object:
    from tcptui.session.groups import GroupBy, GroupSort, group_connections

    return [group_connections(session, by, GroupSort.LOST).groups for by in GroupBy]


def _search(session: Session) -> object:
    from tcptui.session.searching.hit import SearchIn
    from tcptui.session.searching.pattern import SearchPattern
    from tcptui.session.searching.search import Search
    from tcptui.words.catalogue import Words
    from tcptui.words.language import Language

    words = Words(Language.EN)
    return [list(Search(session, SearchPattern.of("e"), where, words).hits(lambda: False))[:50] for where in SearchIn]


def digests(capture: Path, threads: int, seed: int) -> list[str]:
    """Digest and name of each reading; of several threads each one's, so that a name may have several digests."""
    session = open_file(capture)
    session.judge(ALONE)  # groups and trouble tell what was judged so far
    calls = readings(session)
    lines: set[str] = set()

    def read(order: list[str]) -> None:
        for name in order:
            try:
                text = hashlib.sha256(repr(calls[name]()).encode()).hexdigest()[:16]
            except Exception as error:  # noqa: BLE001 - a fault is a line, and none of one thread alone
                text = f"raised {error!r}"
            lines.add(f"{text} {name}")

    if threads == 1:
        read(list(calls))
        return sorted(lines)
    sys.setswitchinterval(_SWITCH_S)
    draw = random.Random(seed)
    orders = [draw.sample(list(calls), len(calls)) for _ in range(threads)]
    running = [threading.Thread(target=read, args=(order,)) for order in orders]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sorted(lines)


def in_new_process(capture: Path, threads: int, seed: int) -> set[str]:
    """`digests` of a process that has read nothing before.  Raises CalledProcessError when it fails."""
    words = [sys.executable, "-m", __spec__.name if __spec__ else __name__, str(capture)]
    words += ["--threads", str(threads), "--seed", str(seed), "--digests"]
    return set(subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines())


def differences(capture: Path, alone: set[str], threads: int, seed: int) -> list[Difference]:
    """What ``threads`` threads at once, in a new process, read differently from ``alone``."""
    found = in_new_process(capture, threads, seed)
    return [Difference(capture.parent.name, line) for line in sorted(found ^ alone)]


def main() -> int:
    """The command line; exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--digests", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.digests:
        print("\n".join(digests(options.captures[0], options.threads, options.seed)))
        return 0
    count = 0
    for capture in options.captures or sorted(CASES.glob("*/*.pcap*")):
        alone = in_new_process(capture, 1, options.seed)
        for number in range(options.rounds):
            found = differences(capture, alone, options.threads, options.seed + number)
            count += len(found)
            print("\n".join([f"{capture.parent.name}/{capture.name}: {len(found)}", *map(str, found)]), flush=True)
    return count > 0


if __name__ == "__main__":
    sys.exit(main())
