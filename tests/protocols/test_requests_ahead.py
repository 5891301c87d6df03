"""Requests are handed out before all of a long connection is read, and are the same as if all were read at once."""

from __future__ import annotations

from contextlib import closing
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from http2_talk import Talk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_captures import closed, record

from tcptui.access.requests import exchanges_with_times, requests_of
from tcptui.protocols import request_times, seen_exchanges
from tcptui.protocols.http2 import direction, streams
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web_captures import Turn

    from tcptui.protocols.seen_exchanges import SeenExchange

_COMMANDS = {
    b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n": b"$2\r\nab\r\n", b"*1\r\n$4\r\nPING\r\n": b"+PONG\r\n",
    b"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\n": b"", b"*2\r\n$4\r\nINCR\r\n$1\r\na\r\n": b":1\r\n",
    b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1800\r\n%s\r\n" % (b"x" * 1_800): b"+OK\r\n",
}  # fmt: skip
_PIPELINES = st.lists(st.lists(st.sampled_from(sorted(_COMMANDS)), min_size=1, max_size=5), min_size=4, max_size=14)


def _turns(pipelines: list[list[bytes]], answered: int) -> list[Turn]:
    turns: list[Turn] = []
    for at, commands in enumerate(pipelines):
        turns.append((10.0 * at, "C", b"".join(commands)))
        skips, said = False, b""
        for one in commands:
            said += b"" if skips else _COMMANDS[one]
            skips = not _COMMANDS[one]
        if said and at < answered:
            turns.append((10.0 * at + 5, "S", said))
    return closed(turns)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_PIPELINES, st.integers(0, 14), st.lists(st.integers(1, 40), max_size=2))
def test_requests_are_the_same_however_many_are_read_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipelines: list[list[bytes]], answered: int, missing: list[int]
) -> None:
    turns = _turns(pipelines, answered)
    frames = 2 * sum((len(what) + 1_399) // 1_400 if isinstance(what, bytes) else 1 for _, _, what in turns)
    capture = record(tmp_path, turns, missing=sorted({one % frames or 1 for one in missing}))
    with closing(open_file(capture)) as session:
        whole = requests_of(session, 0)
        monkeypatch.setattr(request_times, "_EXCHANGES_READ_FIRST", 8)
        monkeypatch.setattr(request_times, "_MORE", 3)
        told = requests_of(session, 0)
        monkeypatch.undo()

    assert told == whole


def noting(patch: pytest.MonkeyPatch) -> list[SeenExchange]:
    """What has been read ahead of requests that are handed out, while ``patch`` lasts."""
    taken: list[SeenExchange] = []
    messages = request_times.seen_exchanges

    def noted(*all_: Any, **how: Any) -> Iterator[SeenExchange]:
        return (taken.append(one) or one for one in messages(*all_, **how))

    patch.setattr(request_times, "seen_exchanges", noted)
    return taken


def test_the_first_request_is_there_before_the_last_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipelines = [[b"*1\r\n$4\r\nPING\r\n"] * 5] * 20
    monkeypatch.setattr(request_times, "_EXCHANGES_READ_FIRST", 8)
    monkeypatch.setattr(request_times, "_MORE", 3)
    taken = noting(monkeypatch)
    with closing(open_file(record(tmp_path, _turns(pipelines, 20)))) as session:
        taken.clear()
        first, _ = next(exchanges_with_times(session, 0))

    assert first.number == 0
    assert len(taken) == 14  # what was answered together is handed out together


def test_requests_with_ids_are_the_same_however_many_are_read_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direction, "READ", 700)
    monkeypatch.setattr(seen_exchanges, "LOOKED_UP", 2)
    early = 0
    for seed, missing in product(range(12), ([], [3, 4], [9])):
        with closing(open_file(record(tmp_path, Talk(seed).turns(), missing=missing))) as session:
            whole = requests_of(session, 0)
            with monkeypatch.context() as patch:
                taken = noting(patch)
                patch.setattr(request_times, "_ENOUGH", 1)
                patch.setattr(streams, "_LOOKED_AT", 1)
                told = []
                for one, _ in exchanges_with_times(session, 0):
                    told.append(one)
                    early += len(taken) < len(whole)
        assert told == whole, (seed, missing)
    assert early > 20
