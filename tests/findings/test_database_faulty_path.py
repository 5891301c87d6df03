"""Databases' cases over a path that loses, repeats and reorders: what was said stays the same, and whose fault it was.

Times move, and what TCP says of the loss is new.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from path_faults import Fault, FaultyPath

from tcptui.access.requests import requests_of
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.session.session import Session

CASES: Final = Path(__file__).parents[2] / "cases"
#: Cases, and whether their connections wait for each other.
NAMES: Final = {
    "140-slow-query": False, "141-many-round-trips": False, "142-database-errors": False,
    "143-closed-while-idle": False, "144-lock-wait": True, "145-slow-beside-a-transaction": True,
    "146-idle-in-transaction": False, "148-slow-sql": False, "149-n-plus-one": False, "150-connection-churn": False,
    "151-too-many-connections": False, "153-logins-refused": False, "154-database-encryption": False,
    "155-protocol-mismatch": False, "156-query-cancelled": True, "160-dns-detour": False,
}  # fmt: skip
#: Damaged copies of each case.
COPIES: Final = 12
#: What a loss, a copy or another order is called.
OF_THE_PATH: Final = frozenset({
    "fast-retransmission", "retransmission-timeout", "tail-loss", "lost-retransmission", "spurious-retransmission",
    "retransmission-unexplained", "out-of-order", "duplicated-by-network",
})  # fmt: skip
#: They depend on how long somebody waited: whoever waits for a delayed one waits longer, and an answer whose first copy
#: was lost before it was captured may have been quick.
OF_TIMES: Final = frozenset({"client-think-time", "idle-in-transaction"})
MAYBE_QUICK: Final = frozenset({"slow-query", "asked-to-wait"})


def requests_in(session: Session) -> list[tuple[Any, ...]]:
    """All requests, without their times and packets."""
    return sorted(
        (
            (
                stream, one.operation, one.status, one.rows, one.id, one.statement, one.transaction, one.cancels,
                one.complete, one.request and one.request.bytes, one.response and one.response.bytes,
            )
            for stream in range(session.streams.count)
            for one in requests_of(session, stream)
        ),
        key=repr,
    )  # fmt: skip


def messages_in(session: Session) -> list[tuple[Any, ...]]:
    """All messages, as *follow decoded* tells them."""
    return sorted(
        (
            (stream, part.side, part.start, part.stop, part.label.name, sorted(map(str, part.label.facts.items())))
            for stream in range(session.streams.count)
            for part in session.application(stream, whole=True).parts()
        ),
        key=repr,
    )


def told(session: Session) -> set[tuple[int, str]]:
    """Stream and name of each finding; -1 for the capture as a whole."""
    found = {(stream, str(one.id)) for stream in range(session.streams.count) for one in session.findings(stream)}
    return found | {(-1, str(one.finding.id)) for one in session.diagnosis.findings}


@pytest.mark.some(8)
@pytest.mark.parametrize("name", NAMES)
def test_faults_of_the_path_change_neither_messages_nor_causes(name: str, tmp_path: Path) -> None:
    (capture,) = (path for path in (CASES / name).iterdir() if ".pcap" in path.name)
    source, path = open_file(capture), tmp_path / "copy.pcap"
    FaultyPath(source).write(path)
    whole = open_file(path)
    said, messages, causes = requests_in(whole), messages_in(whole), told(whole)
    whole.close()
    for seed in range(COPIES):
        random = Random(seed)
        faulty = FaultyPath(source, together=NAMES[name])
        for _ in range(random.choice((1, 1, 2))):
            faulty.damage(random, random.choice(list(Fault)), random.choice((1, 2, 3)))
        faulty.write(path)
        copy = open_file(path)
        how = f"seed {seed}: {faulty.done}"
        assert requests_in(copy) == said, how
        assert messages_in(copy) == messages, how
        new, gone = ({one[1] for one in some} for some in (told(copy) - causes, causes - told(copy)))
        assert new <= OF_THE_PATH | OF_TIMES, how
        assert gone <= OF_TIMES | (MAYBE_QUICK if Fault.LOST_BEFORE.value in how else frozenset()), how
        copy.close()
    source.close()
