"""``--keep-last TIME``: upon a signal, what every source saw last, in a folder that appears when it is whole.

Each source's process writes its packets of that time (`keep_last`), which its spool has anyway; this process adds the
findings that it told, and of its own host, where an interface of that is a source, sockets and counters.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import tcptui
from tcptui.capture import socket_diag
from tcptui.capture.output import output_error
from tcptui.capture.slicing.sink import Sink
from tcptui.cli.watch.sources import SourceKind
from tcptui.model.units import NS_PER_S
from tcptui.session.slicing.write import Slicer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.cli.watch.feed import Feed
    from tcptui.session.session import Session

#: Lines of findings that are kept at most, and characters of them.
_LINES_MOST: Final = 20_000
_CHARACTERS_MOST: Final = 32 << 20
#: How long a source may take to write its packets, in seconds.
ANSWER_SECONDS: Final = 60.0
#: Counters of this host's network stack, below /proc/net.
_COUNTERS: Final = ("snmp", "snmp6", "netstat", "sockstat", "sockstat6", "softnet_stat", "dev")


def keep_last(session: Session, seconds: float, path: Path) -> int:
    """Write the packets of the last ``seconds`` before the newest one to ``path``; returns how many.

    Without packets nothing is written.  Raises OutputError, and OSError where they cannot be read again.
    """
    store = session.store
    if not store.count:
        return 0
    with session.copying.keeping_all(), Sink(path, check=session.copying.check) as sink:
        rows = np.arange(store.first, store.count, dtype=np.int64)
        rows = rows[store.time_ns[rows] >= store.latest_ns - round(seconds * NS_PER_S)]
        Slicer(session).write(rows, sink, lambda _row, _spool, _number: (), f"tcptui {tcptui.__version__}")
    return len(rows)


class Recorder:
    """Remembers lines, and makes one bundle at a time below ``folder``."""

    def __init__(self, seconds: float, folder: Path) -> None:
        self.seconds = seconds
        self._folder = folder
        self._lines: deque[tuple[float, str]] = deque()
        self._characters = 0
        self._part: Path | None = None
        """The folder of the bundle that is being made; None: none is."""
        self._name = ""
        self._since = 0.0
        self._missing: set[str] = set()
        self._sources: dict[str, dict[str, Any]] = {}
        self._has_host = False

    def note(self, line: str, now: float) -> None:
        """Remember ``line``, a finding as JSON, that came ``now`` (`time.monotonic`)."""
        self._lines.append((now, line))
        self._characters += len(line)
        while self._lines and (
            self._lines[0][0] < now - self.seconds
            or len(self._lines) > _LINES_MOST
            or self._characters > _CHARACTERS_MOST
        ):
            self._characters -= len(self._lines.popleft()[1])

    def begin(self, feeds: Sequence[Feed], now: float) -> dict[str, Path]:
        """Begin a bundle; returns where each source that is captured is to write its packets, by name.

        Raises OutputError where the folder cannot be made.
        """
        self._name = time.strftime("tcptui-%Y%m%dT%H%M%SZ", time.gmtime())
        part = self._folder / f".{self._name}.part"
        try:
            part.mkdir(mode=0o700)
        except OSError as error:
            raise output_error(error, part) from error
        self._part, self._since = part, now
        self._has_host = any(feed.source.kind is SourceKind.INTERFACE for feed in feeds)
        self._sources, paths = {}, {}
        for number, feed in enumerate(feeds, 1):
            file = f"{number}.pcapng"
            self._sources[feed.source.name] = {"file": file, "run": feed.run, "packets": 0, "error": None}
            if feed.is_up:
                paths[feed.source.name] = part / file
            else:
                self._sources[feed.source.name] |= {"file": None, "error": feed.mistake or None}
        self._missing = set(paths)
        return paths

    def answered(self, source: str, packets: int, error: str | None) -> None:
        """Note that ``source`` has written its packets, or why not."""
        if source in self._missing:
            self._missing.discard(source)
            self._sources[source] |= {"packets": packets, "error": error}
            if not packets:
                self._sources[source]["file"] = None

    @property
    def is_busy(self) -> bool:
        """True if a bundle is being made."""
        return self._part is not None

    def is_ready(self, now: float) -> bool:
        """True if all sources have answered, or are waited for no longer."""
        return self.is_busy and (not self._missing or now - self._since > ANSWER_SECONDS)

    def finish(self, now: float) -> Path:
        """Add findings and counters, and name the bundle; returns its path.  Raises OutputError; nothing stays then."""
        part, self._part = self._part, None
        if part is None:
            raise RuntimeError("no bundle was begun")
        try:
            for source in self._missing:
                self._sources[source] |= {"file": None, "error": "timeout"}
            _write(
                part / "findings.jsonl", "".join(f"{line}\n" for at, line in self._lines if at >= now - self.seconds)
            )
            if self._has_host:
                _write_host(part)
            manifest = {"schema": 1, "seconds": self.seconds, "sources": self._sources}
            _write(part / "bundle.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
            return _named(part, self._folder, self._name)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            raise output_error(error, part) from error

    def give_up(self) -> None:
        """Leave nothing of a bundle that is not whole."""
        if self._part is not None:
            shutil.rmtree(self._part, ignore_errors=True)
            self._part = None


def _named(part: Path, folder: Path, name: str) -> Path:
    """Give ``part`` its name, or the next free one; nothing is replaced."""
    for number in range(1, 1000):
        whole = folder / (name if number == 1 else f"{name}-{number}")
        if not whole.exists():
            return part.rename(whole)
    raise FileExistsError(name)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def _write_host(part: Path) -> None:
    """Write what this host's kernel counts and which sockets it has; what it does not have is left out."""
    for name in _COUNTERS:
        file = socket_diag.PROC / "net" / name
        if file.exists():
            _write(part / f"{name}.txt", file.read_text("utf-8", "replace"))
    if socket_diag.available():
        rows = (json.dumps(asdict(row) | {"state": row.state.label}) for row in socket_diag.every_socket())
        _write(part / "sockets.jsonl", "".join(f"{row}\n" for row in rows))
