"""MariaDB and PostgreSQL: slow queries, N+1, errors, limits of idle sessions, locks, transactions left open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.namespaces import End
from cases.recorder.rules import SERVER, Rate, drop
from cases.recorder.scenario import Scenario
from cases.recorder.sql_programs import DONE, MARIADB, POSTGRESQL, Engine, serve

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from cases.recorder.program import Program
    from cases.recorder.sql_programs import SqlClient

    Play = Callable[[Program, Engine, SqlClient], None]

_ALL: Final = (
    "slow-query", "asked-to-wait", "many-round-trips", "database-errors", "closed-while-idle", "lock-wait",
    "idle-in-transaction",
)  # fmt: skip
_WAYS: Final = ("half-close", "client-think-time", "simultaneous-close")
#: A busy machine answers late: the kernel's tail loss probe is then real, and so is what is said of it.
_RESENT: Final = (
    "tail-loss", "retransmission-timeout", "spurious-retransmission", "fast-retransmission",
    "retransmission-unexplained",
)  # fmt: skip
QUICK: Final = "SELECT name FROM items WHERE id = {0}"


def _played(engine: Engine, play: Play) -> Callable[[Program], None]:
    def script(me: Program) -> None:
        one = engine.client(me)
        with suppress(ConnectionResetError, BrokenPipeError):
            play(me, engine, one)
            one.close()
        me.tell(DONE)

    return script


# -- one connection ------------------------------------------------------------------------------


def draw(chance: random.Random) -> dict[str, Any]:
    """What the stories of one connection need."""
    return {
        "delay_ms": chance.randint(1, 60),
        "quick": chance.randint(3, 9),
        "wait_ms": chance.randint(1_300, 4_000),
        "idle": chance.randint(3, 6),
        "lost": chance.randint(5, 7),
        "wrong": chance.randint(6, 14),
        "rows": chance.randint(200, 700),
        "slept": chance.choice([True, False]),
    }


def draw_trips(chance: random.Random) -> dict[str, Any]:
    """A way of 15 ms and more, so that the round trips count."""
    return {"delay_ms": chance.randint(15, 60), "keys": chance.randint(30, 120)}


def _quickly(me: Program, one: SqlClient) -> None:
    for number in range(1, me.p.quick + 1):
        one.ask(QUICK.format(number))


def slowly(me: Program, engine: Engine, one: SqlClient) -> None:
    """A slow one among quick ones."""
    _quickly(me, one)
    one.ask(engine.sleep.format(me.p.wait_ms / 1_000))
    _quickly(me, one)


def quickly(me: Program, _engine: Engine, one: SqlClient) -> None:
    """Quick ones."""
    for _ in range(2):
        _quickly(me, one)


def much(me: Program, engine: Engine, one: SqlClient) -> None:
    """One result of some 200 to 700 KB."""
    _quickly(me, one)
    one.ask(engine.serial.format(me.p.rows))
    _quickly(me, one)


def one_by_one(me: Program, _engine: Engine, one: SqlClient) -> None:
    """N+1."""
    one.ask("SELECT id, item FROM orders WHERE id < 200 LIMIT 120")
    for number in range(1, me.p.keys + 1):
        one.ask(QUICK.format(number))


def at_once(me: Program, _engine: Engine, one: SqlClient) -> None:
    """The same in a list, and by a join."""
    keys = ", ".join(str(number) for number in range(1, me.p.keys + 1))
    one.ask(f"SELECT id, name FROM items WHERE id IN ({keys})")
    one.ask("SELECT o.id, i.name FROM orders o JOIN items i ON i.id = o.item WHERE o.id < 200 LIMIT 120")


def wrongly(me: Program, _engine: Engine, one: SqlClient) -> None:
    """A table that a new release has and the database has not."""
    for number in range(me.p.wrong):
        if number % 3 == 0:
            one.ask(QUICK.format(number + 1))
        one.ask(f"SELECT price FROM prices WHERE item = {number}")


def once_wrongly(me: Program, _engine: Engine, one: SqlClient) -> None:
    """A single error."""
    _quickly(me, one)
    one.ask("INSERT INTO items (id, name) VALUES (1, 'again')")
    _quickly(me, one)


def come_back(me: Program, engine: Engine, one: SqlClient) -> None:
    """A pool that hands out a connection without a look whether it is still there."""
    one.ask(engine.idle_limit.format(2))
    _quickly(me, one)
    me.sleep(me.p.idle + 1)
    one.ask(QUICK.format(1))


def leave(me: Program, engine: Engine, one: SqlClient) -> None:
    """The client closes by itself, after as long a silence."""
    one.ask(engine.idle_limit.format(28))
    _quickly(me, one)
    me.sleep(me.p.idle)


# -- transactions --------------------------------------------------------------------------------


def leave_open(me: Program, _engine: Engine, one: SqlClient) -> None:
    """BEGIN, and then the program does something else."""
    _quickly(me, one)
    one.ask("BEGIN")
    one.ask("UPDATE items SET stock = stock - 1 WHERE id = 7")
    me.sleep(me.p.wait_ms / 1_000)
    one.ask("COMMIT")
    _quickly(me, one)


def commit_first(me: Program, _engine: Engine, one: SqlClient) -> None:
    """The same, but COMMIT comes before it does something else."""
    _quickly(me, one)
    one.ask("BEGIN")
    one.ask("UPDATE items SET stock = stock - 1 WHERE id = 7")
    one.ask("COMMIT")
    me.sleep(me.p.wait_ms / 1_000)
    _quickly(me, one)


def slow_inside(me: Program, engine: Engine, one: SqlClient) -> None:
    """The transaction is long, for a statement in it is: nobody is idle."""
    one.ask("BEGIN")
    one.ask("UPDATE items SET stock = stock - 1 WHERE id = 7")
    one.ask(engine.sleep.format(me.p.wait_ms / 1_000))
    one.ask("COMMIT")


def forget(me: Program, engine: Engine, one: SqlClient) -> None:
    """The server ends what was left open."""
    one.ask(engine.transaction_limit.format(2))
    one.ask("BEGIN")
    one.ask("UPDATE items SET stock = stock - 1 WHERE id = 7")
    me.sleep(me.p.idle + 1)
    one.ask("COMMIT")


# -- locks ---------------------------------------------------------------------------------------


def hold(me: Program, engine: Engine, one: SqlClient) -> None:
    """One connection holds what another one wants, and works meanwhile."""
    other = engine.client(me)
    _quickly(me, other)
    one.ask("BEGIN")
    one.ask("UPDATE items SET stock = stock - 1 WHERE id = 7")
    other.send("UPDATE items SET stock = stock - 2 WHERE id = 7")
    if me.p.slept:
        one.ask(engine.sleep.format(me.p.wait_ms / 1_000))
    else:
        me.sleep(me.p.wait_ms / 1_000)
    one.ask("COMMIT" if me.p.quick % 2 else "ROLLBACK")
    other.read()
    other.close()


def beside(me: Program, engine: Engine, one: SqlClient) -> None:
    """A statement is slow beside a transaction of another connection, which holds nothing that it wants."""
    other = engine.client(me)
    _quickly(me, other)
    one.ask("BEGIN")
    one.ask("UPDATE items SET stock = stock - 1 WHERE id = 7")
    sleep = engine.sleep.format(me.p.wait_ms / 1_000).partition(" ")[2]
    other.send(f"SELECT id, {sleep} FROM items WHERE id = 8")
    one.ask(engine.sleep.format((me.p.wait_ms - 400) / 1_000 if me.p.slept else 0.2))
    one.ask("COMMIT")
    other.read()
    _quickly(me, one)
    other.close()


def give_up(me: Program, engine: Engine, one: SqlClient) -> None:
    """Who waits has a limit."""
    other = engine.client(me)
    other.ask(engine.lock_limit.format(1 + me.p.quick % 2))
    _quickly(me, other)
    one.ask("BEGIN")
    one.ask("UPDATE items SET stock = stock - 1 WHERE id = 7")
    other.ask("UPDATE items SET stock = stock - 2 WHERE id = 7")
    one.ask("COMMIT")
    other.close()


def entangle(me: Program, engine: Engine, one: SqlClient) -> None:
    """Two transactions, two rows, in opposite order."""
    other = engine.client(me)
    for each, number in ((one, 7), (other, 8)):
        each.ask("BEGIN")
        each.ask(f"UPDATE items SET stock = stock - 1 WHERE id = {number}")
    one.send("UPDATE items SET stock = stock - 1 WHERE id = 8")
    me.sleep(0.3)
    other.send("UPDATE items SET stock = stock - 1 WHERE id = 7")
    for each in (one, other):
        each.read()
        each.ask("ROLLBACK")
    other.close()


def _stories(engine: Engine) -> list[Scenario]:
    name = "mariadb" if engine is MARIADB else "postgresql"

    def story(
        what: str, shows: str, play: Play, *found: str, twin: str = "", perhaps: tuple[str, ...] = (), **more: Any
    ) -> Scenario:
        return Scenario(
            id=f"{name}-{what}",
            shows=shows,
            twin=f"{name}-{twin}" if twin else "",
            client=_played(engine, play),
            server=serve(engine),
            port=engine.port,
            limit=60.0,
            may_fail=frozenset({"ECONNRESET", "EPIPE"}) if "ends" in shows else frozenset(),
            findings_client=found,
            findings_server=found,
            findings_perhaps=tuple(one for one in (*_WAYS, *_RESENT, *perhaps) if one not in found),
            never=tuple(one for one in (*_ALL, "server-think-time") if one not in (*found, *perhaps)),
            **{"draw": draw, **more},
        )

    lost: dict[str, Any] = {"rules": lambda p: [drop(SERVER.data.new.nth(p.lost))]}
    slow_way: dict[str, Any] = {"rates": lambda _: [Rate(End.SERVER, 2_000_000, 1_000_000)]}
    limited = ("path-limited", "queueing-delay", "receive-window-limited", "send-buffer-limited", "slow-receiver")
    ended = ("data-after-close", "close-wait-leak", "rst-dead-connection", "rst-abortive-close")
    return [
        story("slow", "One query takes seconds.", slowly, "slow-query", twin="answer-lost"),
        story("answer-lost", "An answer is lost and sent again; the database was quick.", quickly, twin="slow",
              **lost),
        story("large-result", "One answer is large, and the way is slow.", much, twin="slow", perhaps=limited,
              **slow_way),
        story("loop", "A program asks for one row after the other.", one_by_one, "many-round-trips", twin="join",
              draw=draw_trips),
        story("join", "A program asks for all rows at once.", at_once, twin="loop", draw=draw_trips),
        story("no-such-table", "A program asks for a table that is not there, again and again.", wrongly,
              "database-errors", twin="one-error"),
        story("one-error", "One insert is refused.", once_wrongly, twin="no-such-table"),
        story("idle-limit", "The server ends an idle session; the client uses it again.", come_back,
              "closed-while-idle", twin="client-leaves", perhaps=ended),
        story("client-leaves", "The client ends a session that was idle.", leave, twin="idle-limit"),
        story("left-open", "A transaction stays open while the client does something else.", leave_open,
              "idle-in-transaction", twin="commit-first"),
        story("commit-first", "A client does something else behind its COMMIT.", commit_first, twin="left-open"),
        story("slow-inside", "A transaction is long because a statement in it is slow.", slow_inside, "slow-query",
              twin="left-open"),
        story("forgotten", "The server ends a transaction that was left open.", forget, "idle-in-transaction",
              twin="idle-limit", perhaps=ended),
        story("lock", "A statement waits until another connection commits or rolls back.", hold, "lock-wait",
              twin="beside", perhaps=("idle-in-transaction", "slow-query")),
        story("beside", "A statement is slow beside another connection's transaction.", beside, "slow-query",
              twin="lock"),
        story("lock-limit", "A statement waits for a lock until its limit.", give_up, "lock-wait", twin="lock",
              perhaps=("idle-in-transaction",)),
        story("deadlock", "Two transactions wait for each other.", entangle, "lock-wait", twin="lock",
              perhaps=("idle-in-transaction", "slow-query")),
    ]  # fmt: skip


SCENARIOS = [*_stories(MARIADB), *_stories(POSTGRESQL)]
