"""Days of packets: what is kept grows with the packets and connections that stay, not with those that came."""

from __future__ import annotations

import asyncio
import gc
import types
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from captures import Tape
from forgetting import ends_of
from growing_source import GrowingSource

from tcptui.access.progress import Phase
from tcptui.analysis.capture_point import CapturePlace
from tcptui.cli.parse_findings import finding_filter
from tcptui.model.finding import Severity
from tcptui.session.catch_up import Compile
from tcptui.session.retention import Bounds
from tcptui.session.session import Session
from tcptui.session.watch.options import Watch
from tcptui.session.watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What is no part of a session, though it leads there.
_OUTSIDE: Final = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.FrameType)


def _tape(connections: int) -> Tape:
    """So many connections, each from another host: healthy, refused, unanswered, or with a loss."""
    tape = Tape()
    for number in range(connections):
        ends = f"10.{number >> 14 & 255}.{number >> 7 & 127}.{number & 127}:{20_000 + number}", "192.0.2.10:80"
        match number % 4:
            case 0:
                tape.clean(100 * number, *ends, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 500 Oops\r\n\r\n")
            case 1:
                tape.refused(100 * number, *ends)
            case 2:
                tape.tcp(100 * number, *ends, 2, 7)
            case _:
                tape.lossy(100 * number, *ends)
    return tape


def _watch(connections: int) -> tuple[Session, Watcher]:
    data = _tape(connections).pcap()
    session = Session([GrowingSource(data, ends_of(data)[255::256])], compile_when=Compile.NEVER)
    session.ring.bounds = Bounds(400, streams=64)
    session.local = True
    watcher = Watcher(session, Watch(no_screen=True, only=finding_filter("--only", "any-problem")))
    session.observe(watcher)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    assert session.progress.phase is Phase.DONE
    return session, watcher


def _objects(roots: Iterable[object]) -> int:
    """How many objects are reachable from ``roots``; an array is one."""
    gc.collect()
    seen: set[int] = set()
    rest = list(roots)
    while rest:
        one = rest.pop()
        if id(one) not in seen and not isinstance(one, _OUTSIDE):
            seen.add(id(one))
            rest += gc.get_referents(one)
    return len(seen)


def test_ten_times_as_many_connections_leave_no_more_objects_behind() -> None:
    few = _watch(300)
    some = _objects(few)
    many = _watch(3_000)

    assert many[0].streams.count == 3_000
    assert many[1].found > 5 * few[1].found
    assert _objects(many) < 1.1 * some


class _Noted(np.ndarray[Any, Any]):
    """A column that notes how many of its rows are asked for or written to."""

    touched = 0

    def _note(self, index: Any) -> None:
        rows = np.arange(len(self))[index]
        _Noted.touched = max(_Noted.touched, rows.size)

    def __getitem__(self, index: Any) -> Any:
        self._note(index)
        return np.asarray(self)[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._note(index)
        np.asarray(self)[index] = value


def test_columns_are_touched_where_connections_are_kept_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Touching all that there have ever been would allocate their pages again, and take ever longer."""
    session, _watcher = _watch(600)
    kept = len(session.streams.listed())
    annotations = session._judging.annotations
    annotations.cache.reserve(session.streams.count)
    for name in ("judged", "judged_until", "severity", "lost_ns"):
        monkeypatch.setattr(annotations.cache, name, getattr(annotations.cache, name).view(_Noted))
    monkeypatch.setattr(_Noted, "touched", 0)

    session._judging.set_context(session.quality, CapturePlace(host="10.0.0.1", host_key=bytes(24)), live=True)
    above_note = annotations.cache.above_note()
    troubled = session.has_trouble
    annotations.refresh(10, settle=True)

    assert kept < session.streams.count // 5
    assert 0 < _Noted.touched <= kept
    assert troubled
    assert {max(finding.severity for finding in found) for found in above_note.values()} >= {Severity.WARNING}
