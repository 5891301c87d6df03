"""Draws a mix: ten to fourteen scenes over half a minute, most of them over a clean way."""

from __future__ import annotations

import math
import random
from typing import Any, Final

from tests.campaigns.database_mix.plan import Database, Mix, Path, Scene, Way

#: Kinds of scenes with their weights; `scenes` says what each is.
WEIGHTS: Final = {
    "slow": 4, "several-slow": 2, "idle-transaction": 3, "errors": 3, "loop": 3, "large": 3, "prepared": 2,
    "pipelined": 2, "idle-closed": 2, "killed-idle": 1, "killed-busy": 2, "quiet": 3, "blocking": 2, "lock": 4,
    "lock-limit": 1, "deadlock": 1, "churn": 1, "logins": 1, "time-limit": 1, "given-up": 2,
}  # fmt: skip
#: Those that only servers with transactions play.
SQL_ALONE: Final = frozenset({
    "idle-transaction", "lock", "lock-limit", "deadlock", "time-limit", "idle-closed", "prepared",
})  # fmt: skip
FEWEST, MOST = 10, 14
LONGEST_S: Final = 16.0
"""No scene begins later."""
FINALE_S: Final = 23.0
DEAD_HOST: Final = 3
TLS_SHARE: Final = 0.15


def compose(seed: int) -> Mix:
    """The mix of this seed."""
    chance = random.Random(f"database mix {seed}")
    delay_ms = round(math.exp(chance.uniform(math.log(0.2), math.log(45.0))), 3)
    dead_s = round(chance.uniform(2.0, 14.0), 2)
    paths = (Path(Way.CLEAN), _lossy(chance), _odd(chance), Path(Way.DEAD, start_s=dead_s))
    count = chance.randint(FEWEST, MOST)
    kinds = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    scenes = [_scene(chance, number, kind) for number, kind in enumerate(kinds)]
    databases = list(Database)
    scenes.append(
        Scene(count, "vanish", chance.choice(databases), max(dead_s - 1.5, 0.0), DEAD_HOST, False,
              {**_values(chance), "dead_s": dead_s, "asks": chance.random() < 0.5, "rows": chance.choice((0, 0, 6000))})
    )  # fmt: skip
    return Mix(seed, delay_ms, paths, tuple(scenes), chance.choice(("full", "killed")), chance.choice(databases),
               FINALE_S)  # fmt: skip


def _lossy(chance: random.Random) -> Path:
    return Path(Way.LOSSY, share=round(math.exp(chance.uniform(math.log(0.01), math.log(0.12))), 4))


def _odd(chance: random.Random) -> Path:
    way = chance.choice((Way.JITTERY, Way.OUTAGE, Way.STALL))
    start = round(chance.uniform(1.0, 12.0), 2)
    stop = round(start + math.exp(chance.uniform(math.log(0.2), math.log(3.0))), 2)
    return Path(way, jitter_ms=round(chance.uniform(3, 60), 1), start_s=start, stop_s=stop)


def _scene(chance: random.Random, number: int, kind: str) -> Scene:
    choices = [each for each in Database if each.is_sql or kind not in SQL_ALONE]
    database = chance.choice(choices)
    host = chance.choices((0, 1, 2), (6, 2, 2))[0]
    tls = chance.random() < TLS_SHARE and kind not in ("churn", "logins")
    return Scene(number, kind, database, round(chance.uniform(0.0, LONGEST_S), 2), host, tls, _values(chance))


def _values(chance: random.Random) -> dict[str, Any]:
    """Everything that a play may read: short waits are as frequent as long ones."""
    return {
        "wait_s": round(math.exp(chance.uniform(math.log(0.15), math.log(4.0))), 3),
        "pause_s": round(math.exp(chance.uniform(math.log(0.3), math.log(4.5))), 3),
        "quick": chance.randint(2, 9),
        "times": chance.randint(2, 5),
        "wrong": chance.randint(1, 12),
        "keys": chance.randint(10, 90),
        "rows": chance.randint(300, 9_000),
        "size": chance.randint(50, 400),
        "stops": chance.random() < 0.5,
        "inside": chance.random() < 0.7,
        "works": chance.random() < 0.5,
        "rolls_back": chance.random() < 0.3,
        "again": chance.random() < 0.5,
        "selects": chance.random() < 0.4,
        "prepares": chance.random() < 0.3,
        "many": chance.randint(8, 18),
        "aborts": chance.random() < 0.5,
    }
