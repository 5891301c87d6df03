"""What really happened in a recorded mix: each connection's statements, with the servers' own measure of each.

Read from what the clients' scripts noted and from the servers' logs, never from the captures.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.namespaces import FIRST_SERVER
from tests.campaigns.database_mix.plan import Database
from tests.campaigns.database_mix.sessions import BEGUN, ENDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

#: So much of a statement is compared: Redis's slow log cuts long arguments.
_COMPARED: Final = 60
LOCK: Final = "lock"
REFUSED: Final = ">refused"
CLOCK_NS: Final = 2_000_000
"""PostgreSQL's log has milliseconds."""
#: How lines of a key log begin that tell of sessions with a database, where only some do.
_KEYS_OF: Final = {"postgresql": "CLIENT_RANDOM "}
IDLE: Final = ("idle in transaction", "idle in transaction (aborted)")


@dataclass(slots=True)
class Asked:
    """A statement that a client asked."""

    text: str
    asked_ns: int
    until_ns: int
    """When the client had its answer, or gave up."""
    error: str
    waits: bool = False
    """It asks the server to wait until something happens."""
    stops_s: float = 0.0
    """The client stopped reading for so long."""
    together: bool = False
    """Asked before the one before it was answered."""
    given_up: bool = False
    took_ns: int | None = None
    """By the server's own measure; None: it says nothing."""
    lock_ns: int = 0
    """How long it waited for a lock, by the server."""
    logged_ns: int = 0
    """The server was done with it at the latest then, by its log; 0: unknown."""

    @property
    def ran_until_ns(self) -> int:
        """When the server was done with it at the latest: who gave up does not see it."""
        return max(self.until_ns, self.asked_ns + (self.took_ns or 0), self.logged_ns if self.given_up else 0)


@dataclass(slots=True)
class Connection:
    """One connection of a client to a database."""

    peer: str
    """Its client's address and port."""
    database: str
    scene: int
    play: str
    host: str
    session: str
    port: int
    tls: bool
    opened_ns: int
    ready_ns: int = 0
    """When it was logged in."""
    connect_error: str = ""
    closed_ns: int = 0
    """When the client began to close it; 0: never."""
    asked: list[Asked] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Codes that the server logged."""
    spells: list[tuple[str, int, int]] = field(default_factory=list)
    """State, since, until: as the server's views showed it."""

    @property
    def key(self) -> str:
        """What tells it from others: a client's port may be used for several servers."""
        return f"{self.peer}>{self.host}:{self.port}"

    def spell_ns(self, states: Iterable[str], since_ns: int = 0, until_ns: int = 1 << 63) -> int:
        """The longest spell in one of ``states``, as far as it lies in the time given."""
        named = set(states)
        return max(
            (min(until, until_ns) - max(since, since_ns) for state, since, until in self.spells if state in named),
            default=0,
        )

    def at(self, time_ns: int, begins: str = "") -> Asked | None:
        """What was being answered then; else the last one asked before.  Of several asked together, what ``begins`` so.

        Of those that begin so, the slowest.
        """
        before = [one for one in self.asked if one.asked_ns <= time_ns + 1_000_000]
        if not before or not before[-1].together:
            return before[-1] if before else None
        same = [one for one in before if one.asked_ns == before[-1].asked_ns]
        named = [one for one in same if one.text.startswith(begins)] or same
        return max(named, key=lambda one: one.took_ns or 0)


@dataclass(frozen=True, slots=True)
class Account:
    """All connections of a recording, by `Connection.key`."""

    mix: dict[str, Any]
    connections: dict[str, Connection]
    killed: str
    """The database whose server was killed, or empty."""
    keys: str = ""
    """The secrets of the sessions inside TLS."""

    def is_readable(self, one: Connection) -> bool:
        """Whether a capture with the keys shows what was asked."""
        return not one.tls or any(line.startswith(_KEYS_OF.get(one.database, "")) for line in self.keys.splitlines())

    def of(self, client_port: int, server_port: int, at_ns: int) -> str:
        """The key of the connection between these ports that was opened about this time; empty without one."""
        ports = f":{client_port}", f":{server_port}"
        own = [
            (abs(one.opened_ns - at_ns), key)
            for key, one in self.connections.items()
            if one.peer.endswith(ports[0]) and f":{one.port}" == ports[1]
        ]
        return min(own, default=(0, ""))[1]

    def way_to(self, host: str) -> str:
        """What the way to this address of the servers does."""
        return str(self.mix["paths"][int(host.rpartition(".")[2]) - FIRST_SERVER]["way"]) if host else ""

    def jitter_ms(self, host: str) -> float:
        """By how much longer a frame may take there."""
        path = self.mix["paths"][int(host.rpartition(".")[2]) - FIRST_SERVER] if host else {}
        return float(path["jitter_ms"]) if path.get("way") == "jittery" else 0.0

    def busy_beside(self, one: Connection, since_ns: int, until_ns: int, *, visible: bool = False) -> int:
        """How long at most another connection's statements kept the same server busy in that time, the longest.

        ``visible``: as far as a capture shows them, answered at the same address.
        """
        return max(
            (
                min(said.ran_until_ns, until_ns) - max(said.asked_ns, since_ns)
                for other in self.connections.values()
                if other is not one and other.database == one.database
                for said in other.asked
                if (said.took_ns or 0) > 50_000_000 and not (visible and (said.given_up or other.host != one.host))
            ),
            default=0,
        )


def read_account(folder: Path) -> Account:
    """Reads a recording; raises OSError, ValueError or KeyError when it is none."""
    mix = json.loads((folder / "recording.json").read_text())["parameters"]["composition"]
    lines = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    found: dict[str, Connection] = {}
    for line in _calls(lines):
        _add(found, line, mix)
    for one in found.values():
        one.asked.sort(key=lambda said: said.asked_ns)
    logs: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if line.get("kind") == "database-log" and line["what"] in ("statement", "step", "error", LOCK):
            logs.setdefault(_whose(found, line), []).append(line)
        elif line.get("kind") == "database-state" and (name := _whose(found, line)) in found:
            found[name].spells.append((line["state"], line["time_ns"], line["until"]))
    for name, entries in logs.items():
        if name.endswith(REFUSED):
            found[name] = _refused(entries[0])
        if name in found:
            _join(found[name], entries)
    killed = next((line["database"] for line in lines if line.get("kind") == "database-killed"), "")
    keys = next((line["text"] for line in lines if line.get("kind") == "database-keys"), "")
    return Account(mix, found, killed, keys)


def _calls(lines: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What clients called, in the order of its end; then what had none."""
    begun = {_call(line): line for line in lines if line.get("kind") == BEGUN}
    for line in lines:
        if line.get("kind") == ENDED:
            begun.pop(_call(line), None)
            yield line
    until_ns = max((line["time_ns"] for line in lines), default=0)
    yield from ({**line, "until": until_ns} for line in begun.values())


def _call(line: dict[str, Any]) -> tuple[int, int, str]:
    return line["time_ns"], line["scene"], line["call"]


def _whose(found: dict[str, Connection], line: dict[str, Any]) -> str:
    """Whose line of a server's it is: by the session's number, else by the client's port, the latest before it."""
    database = line["database"]
    if "peer" not in line:
        number = str(line["session"])
        return next((key for key, one in found.items() if (one.database, one.session) == (database, number)), "")
    at_ns = _logged_ns(line) or line["time_ns"]
    if line["kind"] == "database-state":
        at_ns = line["until"]
    own = [one for one in found.values() if (one.database, one.peer) == (database, line["peer"])]
    if not own:
        # Its library did not tell the port.
        return line["peer"] + REFUSED if database == "postgresql" else ""
    before = [one for one in own if one.opened_ns <= at_ns + CLOCK_NS] or own
    return max(before, key=lambda one: one.opened_ns).key


def _refused(entry: dict[str, Any]) -> Connection:
    port = Database(entry["database"]).port
    return Connection(entry["peer"], entry["database"], -1, "refused", "", "", port, False, entry["said_ns"])


def _add(found: dict[str, Connection], line: dict[str, Any], mix: dict[str, Any]) -> None:
    peer = line["local"]
    if peer.endswith(":0"):
        return  # it was never opened, or its library does not tell the port
    scenes = mix["scenes"]
    tls = line["scene"] < len(scenes) and scenes[line["scene"]]["tls"]
    one = found.setdefault(
        f"{peer}>{line['remote']}",
        Connection(peer, line["database"], line["scene"], line["play"], line["remote"].rpartition(":")[0],
                   str(line["session"]), int(line["remote"].rpartition(":")[2]), tls, line["time_ns"]),
    )  # fmt: skip
    one.session = str(line["session"] or one.session)
    if line["call"] == "connect":
        one.connect_error, one.ready_ns = line["answer"], line["until"]
    elif line["call"] == "close":
        one.closed_ns = one.closed_ns or line["time_ns"]
    elif line["call"] == "ask-together":
        for text in line["texts"]:
            one.asked.append(Asked(text, line["time_ns"], line["until"], line["answer"], together=True))
    else:
        gives_up = line["call"] == "give-up"
        one.asked.append(Asked(
            _filled(line["database"], line["text"], line["values"]), line["time_ns"], line["until"], line["answer"],
            line["waits"], line.get("stops_s", 0.0), given_up=gives_up,
        ))  # fmt: skip
        if gives_up:
            one.closed_ns = line["until"]


def _filled(database: str, text: str, values: Sequence[str]) -> str:
    """A prepared statement as its server logs it."""
    for number, value in enumerate(values, 1):
        text = text.replace("?", f"${number}" if database == "postgresql" else f"'{value}'", 1)
    return text


def _join(one: Connection, entries: list[dict[str, Any]]) -> None:
    """Gives each statement what the server logged of it: both are in the order of asking."""
    one.errors += [entry["code"] for entry in entries if entry["what"] == "error"]
    at = 0
    for said in one.asked:
        wanted = _plain(said.text)
        here = next((i for i in range(at, len(entries)) if _plain(_text(entries[i])) == wanted), -1)
        if here < 0:
            continue
        took_us = lock_us = 0
        while here < len(entries) and _plain(_text(entries[here])) == wanted:
            entry = entries[here]
            here += 1
            if entry["what"] == LOCK:
                lock_us = max(lock_us, entry["took_us"])
                continue
            took_us += entry.get("took_us", 0)
            lock_us = max(lock_us, entry.get("lock_us", 0))
            if entry["what"] in ("statement", "error"):
                said.logged_ns = _logged_ns(entry)
                said.took_ns = None if entry["what"] == "error" else 1_000 * took_us
                if entry["what"] == "error" and not said.error:
                    said.error = entry["code"]
                break
        at = here
        said.lock_ns = max(1_000 * lock_us, one.spell_ns((LOCK,), said.asked_ns, said.until_ns))


def _logged_ns(entry: dict[str, Any]) -> int:
    """At the latest; 0 where its log has no time.  Redis's has whole seconds."""
    at_s = entry.get("at_s")
    return int(entry.get("said_ns", 0)) if at_s is None else 1_000_000_000 * (at_s + 1)


def _text(entry: dict[str, Any]) -> str:
    return str(entry.get("statement") or entry.get("text", ""))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:_COMPARED]
