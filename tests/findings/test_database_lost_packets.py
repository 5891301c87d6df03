"""Databases' cases without some of their packets, which nobody captured: what is found is found still, or nothing is.

A cause that is told only because the packet that speaks against it is missing is the worst that a tool can say.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from capture_copies import Copy, drawn, write_copy

from tcptui.model.packet_store import RowKind
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.session.session import Session

CASES: Final = Path(__file__).parents[2] / "cases"
OF_DATABASES: Final = frozenset({
    "asked-to-wait", "closed-while-idle", "database-encryption", "database-errors", "idle-in-transaction", "lock-wait",
    "logins-refused", "many-round-trips", "protocol-mismatch", "query-cancelled", "result-not-read", "slow-query",
    "too-many-connections",
})  # fmt: skip
NAMES: Final = (
    "140-slow-query", "141-many-round-trips", "142-database-errors", "143-closed-while-idle", "144-lock-wait",
    "145-slow-beside-a-transaction", "146-idle-in-transaction", "148-slow-sql", "149-n-plus-one",
    "151-too-many-connections", "152-result-not-read", "153-logins-refused", "154-database-encryption",
    "155-protocol-mismatch", "156-query-cancelled",
)  # fmt: skip
#: Copies of each case, and packets that are missing in a row in them.
COPIES: Final = 8
BURSTS: Final = (1, 3)


def told(session: Session) -> set[tuple[int, str]]:
    """Stream and name of each finding about a database."""
    found = {(stream, str(one.id)) for stream in range(session.streams.count) for one in session.findings(stream)}
    return {one for one in found if one[1] in OF_DATABASES}


@pytest.mark.some(10)
@pytest.mark.parametrize("burst", BURSTS)
@pytest.mark.parametrize("name", NAMES)
def test_missing_packets_change_no_cause(name: str, burst: int, tmp_path: Path) -> None:
    (capture,) = (path for path in (CASES / name).iterdir() if ".pcap" in path.name)
    session = open_file(capture)
    count, whole = session.store.count, told(session)
    has_data = (session.store.kind[:count] == RowKind.TCP) & (session.store.length[:count] > 0)
    rows = sorted(np.flatnonzero(has_data).tolist(), key=lambda row: drawn(name, burst, row))
    assert whole
    for row in rows[:COPIES]:
        path = tmp_path / "copy.pcap"
        write_copy(session, Copy("", np.delete(np.arange(count), range(row, min(row + burst, count)))), path)
        copy = open_file(path)
        assert told(copy) <= whole, (row + 1, burst)
        copy.close()
    session.close()


@pytest.mark.finding("slow-query", twin=True)
@pytest.mark.parametrize("frame", [28, 29, 33, 34])
def test_statement_that_waited_for_a_lock_is_not_slow_where_the_other_connection_lacks_bytes(
    frame: int, tmp_path: Path
) -> None:
    session = open_file(CASES / "144-lock-wait" / "client.pcapng")
    path = tmp_path / "copy.pcap"
    write_copy(session, Copy("", np.delete(np.arange(session.store.count), frame - 1)), path)

    assert (1, "lock-wait") in told(session)
    assert (1, "slow-query") not in told(open_file(path))
    session.close()
