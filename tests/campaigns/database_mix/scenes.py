"""The plays: what the clients of each kind of scene do.  What comes of it the servers' logs say."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tests.campaigns.database_mix.plan import Database
from tests.campaigns.database_mix.sessions import DatabaseError, PostgresqlSession, reach

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cases.recorder.program import Program
    from tests.campaigns.database_mix.plan import Scene
    from tests.campaigns.database_mix.sessions import Session

ROWS_OF_TABLE: Final = 200
LOCKED_ROW: Final = 7
_BUSY: Final = (
    "EVAL local\tt=redis.call('TIME')\twhile\ttrue\tdo\tfor\ti=1,200000\tdo\tend\tlocal\tn=redis.call('TIME')\t"
    "if\t(n[1]-t[1])*1000+(n[2]-t[2])/1000>{ms}\tthen\treturn\t'done'\tend\tend 0"
)
#: Words are parted by single spaces, the script's by tabs.
_LONGEST_BUSY_S: Final = 1.5
"""Redis serves nobody else meanwhile."""


class Stage:
    """A scene that is being played: its values, statements in the words of its database, and sessions."""

    def __init__(self, me: Program, scene: Scene, keys: Path) -> None:
        self.me, self.scene, self._keys = me, scene, keys
        self.values = scene.values
        self.database = scene.database

    def reach(self, **how: str) -> Session:
        """Another session."""
        return reach(self.me, self.scene, self._keys, **how)

    def quick(self, number: int) -> str:
        """A statement that takes no time."""
        if self.database is Database.REDIS:
            return f"GET item:{number % ROWS_OF_TABLE}"
        return f"SELECT name FROM {self.scene.table} WHERE id = {number % ROWS_OF_TABLE + 1}"

    def slow(self, seconds: float) -> str:
        """One that keeps the server for so long."""
        if self.database is Database.REDIS:
            return _BUSY.format(ms=round(1_000 * min(seconds, _LONGEST_BUSY_S)))
        call = "SLEEP" if self.database is Database.MARIADB else "pg_sleep"
        return f"SELECT COUNT(*), {call}({seconds}) FROM {self.scene.table} WHERE id = 3"

    def large(self) -> str:
        """Many rows."""
        rows, size = self.values["rows"], self.values["size"]
        if self.database is Database.REDIS:
            return f"LRANGE rows 0 {rows}"
        if self.database is Database.MARIADB:
            return f"SELECT seq, REPEAT('x', {size}) FROM shop.numbers LIMIT {rows}"
        return f"SELECT n, repeat('x', {size}) FROM generate_series(1, {rows}) AS n"

    def wrong(self) -> str:
        """One that the server answers with an error."""
        return "INCR name" if self.database is Database.REDIS else "SELECT price FROM prices WHERE item = 1"

    def update(self, row: int = LOCKED_ROW) -> str:
        """One that locks a row."""
        return f"UPDATE {self.scene.table} SET stock = stock - 1 WHERE id = {row}"

    def ask_quickly(self, session: Session, count: int = 0) -> None:
        """Some quick ones."""
        for number in range(count or self.values["quick"]):
            session.ask(self.quick(number))


def slow(stage: Stage) -> None:
    """One slow statement among quick ones."""
    one = stage.reach()
    stage.ask_quickly(one)
    one.ask(stage.slow(stage.values["wait_s"]))
    stage.ask_quickly(one)
    one.close()


def several_slow(stage: Stage) -> None:
    """Slow ones and quick ones by turns."""
    one = stage.reach()
    for number in range(stage.values["times"]):
        one.ask(stage.quick(number))
        one.ask(stage.slow(stage.values["wait_s"] / 3))
    one.close()


def idle_transaction(stage: Stage) -> None:
    """The client does something else inside its transaction, or behind it."""
    one = stage.reach()
    stage.ask_quickly(one, 2)
    one.ask("BEGIN")
    one.ask(stage.update())
    if stage.values["inside"]:
        time.sleep(stage.values["pause_s"])
    one.ask("ROLLBACK" if stage.values["rolls_back"] else "COMMIT")
    if not stage.values["inside"]:
        time.sleep(stage.values["pause_s"])
    stage.ask_quickly(one, 2)
    one.close()


def errors(stage: Stage) -> None:
    """Some statements are wrong."""
    one = stage.reach()
    for number in range(stage.values["wrong"]):
        one.ask(stage.quick(number))
        one.ask(stage.wrong())
    stage.ask_quickly(one)
    one.close()


def loop(stage: Stage) -> None:
    """One row after the other."""
    one = stage.reach()
    for number in range(stage.values["keys"]):
        one.ask(stage.quick(number))
    one.close()


def large(stage: Stage) -> None:
    """One result is large; the client may stop amid it."""
    one = stage.reach()
    stage.ask_quickly(one, 2)
    if stage.values["stops"]:
        one.ask_slowly(stage.large(), stage.values["pause_s"])
    else:
        one.ask(stage.large())
    stage.ask_quickly(one, 2)
    one.close()


def prepared(stage: Stage) -> None:
    """The same statements, prepared, one of them slow."""
    one = stage.reach()
    quick = f"SELECT name FROM {stage.scene.table} WHERE id = ?"
    call = "SLEEP(?)" if stage.database is Database.MARIADB else "pg_sleep(?::float8)"
    for number in range(stage.values["quick"]):
        one.ask(quick, number + 1)
    one.ask(f"SELECT COUNT(*), {call} FROM {stage.scene.table} WHERE id = 3", stage.values["wait_s"])
    for number in range(stage.values["quick"]):
        one.ask(quick, number + 1)
    one.close()


def pipelined(stage: Stage) -> None:
    """Several at once, perhaps one of them slow."""
    one = stage.reach()
    stage.ask_quickly(one, 2)
    for _ in range(stage.values["times"]):
        one.ask_together([stage.quick(number) for number in range(stage.values["quick"])])
    if stage.values["inside"]:
        some = [stage.quick(number) for number in range(3)]
        one.ask_together([*some, stage.slow(stage.values["wait_s"]), *some])
    one.close()


def idle_closed(stage: Stage) -> None:
    """The server ends a session that is idle for too long; the client may use it again."""
    one = stage.reach()
    limit = {"mariadb": "SET SESSION wait_timeout = 2", "postgresql": "SET idle_session_timeout = '1500ms'"}
    one.ask(limit[stage.database.value])
    stage.ask_quickly(one)
    time.sleep(2.3 + stage.values["pause_s"] / 3)
    if stage.values["again"]:
        one.ask(stage.quick(1))
    one.close()


def _end_session(stage: Stage, one: Session) -> None:
    """Somebody who administers ends it."""
    other = stage.reach()
    other.ask({
        "redis": f"CLIENT KILL {one.id}",
        "mariadb": f"KILL {one.id}",
        "postgresql": f"SELECT pg_terminate_backend({one.id})",
    }[stage.database.value])  # fmt: skip
    other.close()


def killed_idle(stage: Stage) -> None:
    """Somebody ends a session that is idle."""
    one = stage.reach()
    stage.ask_quickly(one)
    time.sleep(stage.values["pause_s"])
    _end_session(stage, one)
    if stage.values["again"]:
        time.sleep(0.3)
        one.ask(stage.quick(1))
    one.close()


def killed_busy(stage: Stage) -> None:
    """Somebody ends a session while it waits for its answer."""
    one = stage.reach()
    stage.ask_quickly(one)
    ends = threading.Timer(stage.values["wait_s"] / 2, _end_session, (stage, one))
    ends.start()
    with suppress(DatabaseError):
        one.ask(stage.slow(stage.values["wait_s"] + 1.0))
    ends.join()
    one.close()


def quiet(stage: Stage) -> None:
    """Nothing happens: quick statements, and pauses between them."""
    one = stage.reach()
    for number in range(stage.values["times"]):
        stage.ask_quickly(one, 1 + number % 2)
        time.sleep(stage.values["pause_s"] / 3)
    one.close()


def blocking(stage: Stage) -> None:
    """The client asks the server to wait until something happens."""
    one = stage.reach()
    stage.ask_quickly(one, 2)
    if stage.database is Database.REDIS:
        one.ask(f"BLPOP queue{stage.scene.number} {stage.values['pause_s']}", waits=True)
    elif isinstance(one, PostgresqlSession):
        other = stage.reach()
        one.ask(f"LISTEN news{stage.scene.number}")
        said = threading.Timer(stage.values["pause_s"], other.ask, (f"NOTIFY news{stage.scene.number}, 'now'",))
        said.start()
        one.notices(stage.values["pause_s"] + 2)
        said.join()
        other.close()
    else:
        one.ask(f"SELECT GET_LOCK('job{stage.scene.number}', 1)")
        other = stage.reach()
        other.ask(f"SELECT GET_LOCK('job{stage.scene.number}', {stage.values['pause_s']})", waits=True)
        other.close()
    stage.ask_quickly(one, 2)
    one.close()


def lock(stage: Stage) -> None:
    """One holds what another wants, and works or does nothing meanwhile."""
    one, other = stage.reach(), stage.reach()
    stage.ask_quickly(other)
    one.ask("BEGIN")
    one.ask(stage.update())
    wanted = stage.update()
    if stage.values["selects"]:
        wanted = f"SELECT stock FROM {stage.scene.table} WHERE id = {LOCKED_ROW} FOR UPDATE"
    waiting = threading.Thread(target=_asks, args=(other, wanted))
    waiting.start()
    if stage.values["works"]:
        one.ask(stage.slow(stage.values["wait_s"]))
    else:
        time.sleep(stage.values["wait_s"])
    one.ask("ROLLBACK" if stage.values["rolls_back"] else "COMMIT")
    waiting.join()
    stage.ask_quickly(one)
    for each in (one, other):
        each.close()


def lock_limit(stage: Stage) -> None:
    """Who waits for a lock has a limit."""
    one, other = stage.reach(), stage.reach()
    other.ask({"mariadb": "SET SESSION innodb_lock_wait_timeout = 1",
               "postgresql": "SET lock_timeout = '800ms'"}[stage.database.value])  # fmt: skip
    one.ask("BEGIN")
    one.ask(stage.update())
    other.ask(stage.update())
    one.ask("COMMIT")
    for each in (one, other):
        each.close()


def deadlock(stage: Stage) -> None:
    """Two transactions want each other's rows."""
    one, other = stage.reach(), stage.reach()
    for each, row in ((one, 7), (other, 8)):
        each.ask("BEGIN")
        each.ask(stage.update(row))
    waiting = threading.Thread(target=_asks, args=(one, stage.update(8)))
    waiting.start()
    time.sleep(0.3)
    other.ask(stage.update(7))
    waiting.join()
    for each in (one, other):
        each.ask("ROLLBACK")
        each.close()


def _asks(session: Session, statement: str) -> None:
    with suppress(DatabaseError):
        session.ask(statement)


def churn(stage: Stage) -> None:
    """A session for each statement."""
    for number in range(stage.values["many"]):
        one = stage.reach()
        one.ask(stage.quick(number))
        one.close()


def logins(stage: Stage) -> None:
    """A wrong password, perhaps several times."""
    for _ in range(stage.values["times"]):
        with suppress(DatabaseError):
            stage.reach(password="tulip").close()
        time.sleep(0.1)


def time_limit(stage: Stage) -> None:
    """A statement takes longer than it may."""
    one = stage.reach()
    limit = stage.values["wait_s"] / 2
    one.ask({"mariadb": f"SET SESSION max_statement_time = {limit}",
             "postgresql": f"SET statement_timeout = {round(1_000 * limit)}"}[stage.database.value])  # fmt: skip
    one.ask("SELECT COUNT(*) FROM shop.numbers a, shop.numbers b, shop.numbers c"
            if stage.database is Database.MARIADB else stage.slow(stage.values["wait_s"] + 1))  # fmt: skip
    stage.ask_quickly(one)
    one.close()


def given_up(stage: Stage) -> None:
    """The client does not wait for its answer: it closes, in order or by a reset."""
    one = stage.reach()
    stage.ask_quickly(one)
    one.give_up(stage.slow(stage.values["wait_s"] + 0.5), stage.values["wait_s"] / 2, aborts=stage.values["aborts"])


def vanish(stage: Stage) -> None:
    """The client's host is gone from a moment on: it is silent then, or waits for an answer, or for a large one."""
    one = stage.reach()
    stage.ask_quickly(one)
    dead_s = stage.values["dead_s"]
    stage.me.at(dead_s - 0.4)
    if stage.values["asks"]:
        one.give_up(stage.slow(0.9), 6.0, aborts=False)
    else:
        one.give_up(stage.quick(1), 6.4, aborts=False)


PLAYS: Final[dict[str, Callable[[Stage], None]]] = {
    "slow": slow, "several-slow": several_slow, "idle-transaction": idle_transaction, "errors": errors, "loop": loop,
    "large": large, "prepared": prepared, "pipelined": pipelined, "idle-closed": idle_closed,
    "killed-idle": killed_idle, "killed-busy": killed_busy, "quiet": quiet, "blocking": blocking, "lock": lock,
    "lock-limit": lock_limit, "deadlock": deadlock, "churn": churn, "logins": logins, "time-limit": time_limit,
    "given-up": given_up, "vanish": vanish,
}  # fmt: skip
