"""Streams are judged in slices of time; a slice that is too short for one of them judges it all the same."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from captures import Tape

from tcptui.capture.file_source import open_file
from tcptui.session import judging
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tcptui.session.stream_judge import StreamJudge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcptui.session.stream_judge import Whole

STREAMS = 40


class SlowLooks:
    """A clock that only looking back at streams moves: by a second for each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0
        look_back = StreamJudge.look_back

        def slow(judge: StreamJudge, streams: Iterable[Whole]) -> None:
            streams = list(streams)
            self.seconds += len(streams)
            look_back(judge, streams)

        monkeypatch.setattr(StreamJudge, "look_back", slow)
        monkeypatch.setattr(judging, "time", self)

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

        assert annotations.cache.severity[:STREAMS].all()
        assert annotations.waiting == 0
        assert clock.seconds < 3 * STREAMS
