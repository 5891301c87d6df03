"""Records a mix on the bench."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cases.recorder.bench import record
from cases.recorder.commands import scratch
from cases.recorder.rules import ANY, NANOSECONDS, Rule, drop, hold
from cases.recorder.scenario import Scenario
from tests.campaigns.database_mix.draw import compose
from tests.campaigns.database_mix.plan import REDIS_TLS_PORT, Database, Path, Scene, Way
from tests.campaigns.database_mix.scenes import PLAYS, Stage
from tests.campaigns.database_mix.servers import ASK, DONE, KILL, SEATS, play_servers
from tests.campaigns.database_mix.sessions import DatabaseError

if TYPE_CHECKING:
    from pathlib import Path as Folder

    from cases.recorder.bench import Recording
    from cases.recorder.program import Program
    from cases.recorder.rules import Match, Passage
    from tests.campaigns.database_mix.plan import Mix

LIMIT_S: Final = 75.0
KEYS: Final = "keys.log"
MAY_FAIL: Final = frozenset({
    "ECONNRESET", "EPIPE", "ENOTCONN", "ETIMEDOUT", "ECONNREFUSED", "EBADF", "EHOSTUNREACH",
})  # fmt: skip


def scenario_of(mix: Mix) -> Scenario:
    """The mix as the bench plays it."""
    return Scenario(
        id="database-mix",
        shows=f"Database scenes, composed from seed {mix.seed}.",
        client=lambda me: _play_clients(me, mix),
        server=lambda me: play_servers(me, mix),
        draw=lambda _: {"delay_ms": mix.delay_ms, "composition": mix.as_values()},  # type: ignore[dict-item]
        rules=lambda _: [rule for host, path in enumerate(mix.paths) for rule in _rules(mix.seed, host, path)],
        may_fail=MAY_FAIL,
        quiet=1.0,
        limit=LIMIT_S,
        port=Database.POSTGRESQL.port,
        more_ports=(Database.REDIS.port, Database.MARIADB.port, REDIS_TLS_PORT),
        server_hosts=len(mix.paths),
    )


def _rules(seed: int, host: int, path: Path) -> list[Rule]:
    match = ANY.of_server(host)
    chance = random.Random(f"way {seed} {host}")
    if path.way is Way.LOSSY:
        return [drop(match.where(lambda _: chance.random() < path.share, "by chance"))]
    if path.way is Way.JITTERY:
        return [_jitter(match, chance, path.jitter_ms)]
    if path.way is Way.OUTAGE:
        return [drop(match.between(path.start_s, path.stop_s))]
    if path.way is Way.STALL:
        return [hold(match.between(path.start_s, path.stop_s), path.stop_s)]
    return [drop(match.after(path.start_s))] if path.way is Way.DEAD else []


def _jitter(match: Match, chance: random.Random, most_ms: float) -> Rule:
    def act(passage: Passage) -> None:
        passage.extra_delay_ns += round(chance.uniform(0, most_ms) * NANOSECONDS / 1_000)

    return Rule(match, act, f"jitter up to {most_ms} ms")


def _play_clients(me: Program, mix: Mix) -> None:
    """Every scene in a thread of its own, at its time; then the finale, alone."""
    keys = scratch() / KEYS
    keys.touch()
    players = [threading.Thread(target=_play, args=(me, scene, keys), daemon=True) for scene in mix.scenes]
    for player in players:
        player.start()
    for player in players:
        player.join(max(mix.finale_s + 8 - _now(me), 0.1))
    me.at(mix.finale_s - 0.4)
    me.tell(ASK)
    me.at(mix.finale_s)
    _finale(me, mix, keys)
    me.note("database-keys", text=keys.read_text())
    me.tell(DONE)


def _now(me: Program) -> float:
    return me.now_s


def _play(me: Program, scene: Scene, keys: Folder) -> None:
    me.at(scene.start_s)
    try:
        PLAYS[scene.kind](Stage(me, scene, keys))
    except DatabaseError:
        pass  # it is noted
    except Exception as problem:  # noqa: BLE001 - in a thread nobody else sees it
        me.note("program", call=f"scene {scene.kind}", error=f"{type(problem).__name__}: {problem}")


def _finale(me: Program, mix: Mix, keys: Folder) -> None:
    scene = Scene(len(mix.scenes), mix.finale, mix.finale_database, mix.finale_s, 0, False, mix.scenes[0].values)
    stage = Stage(me, scene, keys)
    if mix.finale == "full":
        _fill(stage)
    else:
        _kill(stage)


def _fill(stage: Stage) -> None:
    """Sessions that stay, until no more are admitted."""
    kept, refusals = [], 0
    for _ in range(SEATS + 4):
        try:
            kept.append(stage.reach())
        except DatabaseError:
            refusals += 1
            time.sleep(0.05)
    for one in kept:
        one.close()


def _kill(stage: Stage) -> None:
    """The server dies amid a statement; then it is sought in vain."""
    with suppress(DatabaseError):
        one, other = stage.reach(), stage.reach()
        stage.ask_quickly(one, 2)
        stage.ask_quickly(other, 2)
        threading.Timer(0.6, stage.me.tell, (KILL,)).start()
        with suppress(DatabaseError):
            one.ask(stage.slow(1.4))
        with suppress(DatabaseError):
            other.ask(stage.quick(1))
    for _ in range(3):
        with suppress(DatabaseError):
            stage.reach().close()
        time.sleep(0.1)


def record_mix(seed: int, folder: Folder) -> Recording:
    """Records one mix into ``folder``; raises as `record` does."""
    return record(scenario_of(compose(seed)), seed, folder)
