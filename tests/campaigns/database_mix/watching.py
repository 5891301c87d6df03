"""Looks at what sessions do, ten times a second, through the servers' own views."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.recorder.program import Program
    from tests.campaigns.database_mix.servers import Servers

EACH_S: Final = 0.1
#: Who is connected over the network: peer, ``active``, ``lock``, ``idle in transaction`` …, statement, microseconds
#: since it has been so.
_POSTGRESQL: Final = """
SELECT host(client_addr) || ':' || client_port,
       CASE WHEN wait_event_type = 'Lock' AND state = 'active' THEN 'lock' ELSE state END,
       left(query, 80), extract(epoch FROM state_change)
FROM pg_stat_activity WHERE backend_type = 'client backend' AND client_port > 0 AND state IS NOT NULL
"""
_MARIADB: Final = """
SELECT p.HOST,
       CASE WHEN t.trx_state = 'LOCK WAIT' THEN 'lock' WHEN p.COMMAND <> 'Sleep' THEN 'active'
            WHEN t.trx_state IS NOT NULL THEN 'idle in transaction' ELSE 'idle' END,
       LEFT(COALESCE(p.INFO, ''), 80), 0
FROM information_schema.PROCESSLIST p LEFT JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = p.ID
WHERE p.USER = 'ada'
"""


class Watch:
    """Spells in which a session was in one state, noted as they end."""

    def __init__(self, me: Program, servers: Servers) -> None:
        self._me, self._servers = me, servers
        self._stopped = False
        self._now: dict[tuple[str, str], tuple[str, int]] = {}
        """(database, peer) → state and since when (monotonic ns)."""

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopped = True

    def run(self) -> None:
        """Looks until told to stop."""
        sources: dict[str, Callable[[], list[tuple[Any, ...]]]] = {}
        with suppress(Exception):
            sources["postgresql"] = self._postgresql()
        with suppress(Exception):
            sources["mariadb"] = self._mariadb()
        while not self._stopped:
            for name in [*sources]:
                try:
                    self._saw(name, sources[name]())
                except Exception:  # noqa: BLE001 - the server was killed: whatever its library says then
                    del sources[name]
            time.sleep(EACH_S)
        for key in [*self._now]:
            self._end(key)

    def _postgresql(self) -> Callable[[], list[tuple[Any, ...]]]:
        one = self._servers.postgresql()
        return lambda: one.execute(_POSTGRESQL).fetchall()

    def _mariadb(self) -> Callable[[], list[tuple[Any, ...]]]:
        one = self._servers.mariadb()

        def look() -> list[tuple[Any, ...]]:
            with one.cursor() as cursor:
                cursor.execute(_MARIADB)
                return list(cursor.fetchall())

        return look

    def _saw(self, database: str, rows: list[tuple[Any, ...]]) -> None:
        now = time.monotonic_ns()
        there = {(database, row[0]): str(row[1]) for row in rows}
        for key, (state, _since) in [*self._now.items()]:
            if key[0] == database and there.get(key) != state:
                self._end(key)
        for key, state in there.items():
            self._now.setdefault(key, (state, now))

    def _end(self, key: tuple[str, str]) -> None:
        state, since = self._now.pop(key)
        if state in ("active", "lock", "idle in transaction", "idle in transaction (aborted)"):
            self._me.note(
                "database-state", since, database=key[0], peer=key[1], state=state, until=time.monotonic_ns()
            )  # fmt: skip
