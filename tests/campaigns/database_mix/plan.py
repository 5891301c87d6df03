"""What a mix of database scenes is, as data: which scenes, when, over which way, and how it ends."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from tests.campaigns.compose.plan import Serving


class Database(StrEnum):
    """A server of the mix."""

    REDIS = "redis"
    MARIADB = "mariadb"
    POSTGRESQL = "postgresql"

    @property
    def port(self) -> int:
        """Where it listens."""
        return _PORTS[self]

    @property
    def is_sql(self) -> bool:
        """Whether it has transactions and locks."""
        return self is not Database.REDIS


REDIS_TLS_PORT: Final = 6380
_PORTS: Final = {Database.REDIS: 6379, Database.MARIADB: 3306, Database.POSTGRESQL: 5432}


class Way(StrEnum):
    """What the way to one address of the servers does to frames."""

    CLEAN = "clean"
    LOSSY = "lossy"
    JITTERY = "jittery"
    OUTAGE = "outage"
    """Nothing passes for a while."""
    STALL = "stall"
    """All waits for a while, and arrives together."""
    DEAD = "dead"
    """From a moment on nothing passes: whoever spoke over it has vanished."""


@dataclass(frozen=True, slots=True)
class Path:
    """The way to one of the servers' addresses."""

    way: Way
    share: float = 0.0
    """Of frames that are lost."""
    jitter_ms: float = 0.0
    start_s: float = 0.0
    stop_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One drama of one or two connections, or of many short ones."""

    number: int
    kind: str
    database: Database
    start_s: float
    host: int
    """Which of the servers' addresses: by that, over which way."""
    tls: bool
    values: dict[str, Any]
    """What its play reads."""

    @property
    def port(self) -> int:
        """Where its database listens: Redis has another port for TLS."""
        return REDIS_TLS_PORT if self.tls and self.database is Database.REDIS else self.database.port

    @property
    def table(self) -> str:
        """The scene's own rows, so that nobody else waits for its locks."""
        return f"stock{self.number}"


@dataclass(frozen=True, slots=True)
class Mix:
    """All of it."""

    seed: int
    delay_ms: float
    paths: tuple[Path, ...]
    scenes: tuple[Scene, ...]
    finale: str
    """``full``: sessions until no more are admitted; ``killed``: the server's process is killed amid a statement."""
    finale_database: Database
    finale_s: float

    def as_values(self) -> dict[str, Any]:
        """For the recording's file; the empty lists are what compositions without faults have there."""
        serving = asdict(Serving(backlog=128))
        return {**asdict(self), "faults": [], "conversations": [], "serving": serving, "capture_fault": None,
                "delay_back_ms": self.delay_ms}  # fmt: skip
