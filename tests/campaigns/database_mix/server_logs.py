"""What the servers wrote: PostgreSQL's log of JSON, MariaDB's slow log."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_DURATION: Final = re.compile(
    r"duration: ([\d.]+) ms  (statement|parse [^:]*|bind [^:]*|execute [^:]*): (.*)", re.DOTALL
)
_WAITED: Final = re.compile(r"process \d+ (?:still waiting for|acquired) \S+ on .* after ([\d.]+) ms")
_HEAD: Final = re.compile(
    r"# User@Host: (\S+).*?\n# Thread_id: (\d+) .*?\n# Query_time: ([\d.]+)\s+Lock_time: ([\d.]+)"
)
_NOISE: Final = re.compile(
    r"^(?:#.*|SET timestamp=\d+;|use \w+;|/\S*mariadbd, Version.*|Tcp port:.*|Time\s+Id.*)\n?", re.MULTILINE
)


def postgresql_lines(text: str) -> Iterator[dict[str, Any]]:
    """What was logged of sessions over the network: statements with their durations, errors, waits for locks."""
    for raw in text.splitlines():
        entry = json.loads(raw)
        if "remote_port" not in entry:
            continue
        message = entry.get("message", "")
        base = {"peer": f"{entry['remote_host']}:{entry['remote_port']}", "said_ns": _epoch_ns(entry["timestamp"])}
        found = _DURATION.match(message)
        if found:
            step = found[2].partition(" ")[0]
            yield {**base, "what": "statement" if step in ("statement", "execute") else "step",
                   "took_us": round(1_000 * float(found[1])), "text": found[3]}  # fmt: skip
        elif waited := _WAITED.match(message):
            yield {
                **base,
                "what": "lock",
                "took_us": round(1_000 * float(waited[1])),
                "text": entry.get("statement", ""),
            }
        elif entry.get("error_severity") in ("ERROR", "FATAL", "PANIC"):
            yield {**base, "what": "error", "code": entry.get("state_code", ""), "text": message,
                   "statement": entry.get("statement", "")}  # fmt: skip


def _epoch_ns(stamp: str) -> int:
    """Of ``2026-01-02 03:04:05.678 UTC``."""
    day, clock, _zone = stamp.split(" ")
    at = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    return round(at.timestamp() * 1e3) * 1_000_000


def mariadb_statements(text: str) -> Iterator[dict[str, Any]]:
    """The entries of its slow log, of everything: thread, time, waits for locks, text."""
    for part in re.split(r"(?m)^(?=# User@Host: )", text)[1:]:
        head = _HEAD.match(part)
        if head is None or head[1].startswith("root["):
            continue
        said = _NOISE.sub("", part).strip().removesuffix(";")
        yield {"what": "statement", "session": int(head[2]), "took_us": round(1e6 * float(head[3])),
               "lock_us": round(1e6 * float(head[4])), "text": said}  # fmt: skip
