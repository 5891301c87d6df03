"""Streams are judged in slices of time; a slice that is too short for one of them judges it all the same."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.capture.file_source import open_file
from tcptui.session import findings_cache
from tcptui.session.catch_up import Compile
from tcptui.session.findings_cache import FindingsCache
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcptui.analysis.stream.view import StreamView

STREAMS = 40


class SlowLooks:
    """A clock that only looking back at streams moves: by a second for each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0
        look_back = FindingsCache._write_hindsight

        def slow(cache: FindingsCache, judged: Iterable[tuple[StreamView, bool]]) -> None:
            judged = list(judged)
            self.seconds += len(judged)
            look_back(cache, judged)

        monkeypatch.setattr(FindingsCache, "_write_hindsight", slow)
        monkeypatch.setattr(findings_cache, "time", self)

    def monotonic(self) -> float:
        return self.seconds


@pytest.mark.parametrize("slice_s", [0.5, 2.5, 20.5])
def test_streams_that_take_longer_than_a_slice_are_all_judged_and_none_is_looked_back_at_over_and_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slice_s: float
) -> None:
    tape, path = Tape(), tmp_path / "refused.pcap"
    for number in range(STREAMS):
        tape.refused(10 * number, f"10.0.0.{number}:40000", "192.0.2.10:80")
    path.write_bytes(tape.pcap())
    with closing(Session([open_file(path)], compile_when=Compile.NEVER)) as session:
        session.steering.judges = False
        session.run_here()
        annotations, clock = session._judging.annotations, SlowLooks(monkeypatch)

        slices = 1
        while slices <= STREAMS and annotations.refresh(slice_s, settle=True):
            slices += 1

        assert annotations.severity[:STREAMS].all()
        assert annotations.waiting == 0
        assert clock.seconds < 3 * STREAMS
