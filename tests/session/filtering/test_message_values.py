"""What messages of a file say is read once for all filters over the same field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape
from long_talks import TALKS, taped
from noted_trees import note_trees
from running_source import RunningSource

from tcptui.dfilter.compile import compile_filter
from tcptui.session.filtering import message_values
from tcptui.session.filtering import run as filter_run
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILTERS = (
    'http.request.uri contains "/2"', 'http.request.uri == "/items/1"', "http.request_number == 2",
    'mysql.query contains "3"', 'resp.bulk_string.value contains "2"', "dns.qry.name", "http.response.code == 200",
)  # fmt: skip


def talks() -> Tape:
    """Two connections of each protocol, of four calls."""
    tape = Tape()
    for port, talk in TALKS.values():
        tape.records += taped(port, talk(4), talk(4)).records
    return tape


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """See `talks`."""
    path = tmp_path / "talks.pcap"
    path.write_bytes(talks().pcap())
    opened = open_file(path)
    yield opened
    opened.close()


@pytest.fixture
def dissected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of whose payloads trees were built."""
    return note_trees(monkeypatch, "message_trees")


def asked(session: Session, text: str) -> list[int]:
    """The frames that pass."""
    return (np.flatnonzero(FilterRun(session, compile_filter(text)).matching(0, session.store.count)) + 1).tolist()


@pytest.mark.parametrize("text", _FILTERS)
def test_a_second_asking_builds_nothing_and_says_the_same(session: Session, dissected: list[int], text: str) -> None:
    first, built = asked(session, text), len(dissected)
    second = asked(session, text)

    assert first == second != []
    assert built == len(dissected) > 0


def test_another_value_of_the_same_field_builds_nothing(session: Session, dissected: list[int]) -> None:
    asked(session, 'http.request.uri contains "/2"')
    built = len(dissected)
    found = asked(session, 'http.request.uri == "/items/3"')

    assert built == len(dissected)
    assert len(found) == 2


def test_rows_asked_before_and_others_are_told_together(session: Session, dissected: list[int]) -> None:
    rows = np.arange(0, session.store.count, 3, dtype=np.int32)
    everything = asked(session, "http.host")
    fresh = FilterRun(session, compile_filter("http.request.method"))
    fresh.of_rows(rows)
    half, found = len(dissected), asked(session, "http.request.method")

    assert found == everything
    assert len(dissected) > half
    assert len(set(dissected[-(len(dissected) - half) :]) & set(rows.tolist())) == 0


def test_what_has_no_room_is_asked_again(
    session: Session, dissected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_values, "ROOM", 10)
    first, built = asked(session, "http.host"), len(dissected)

    assert asked(session, "http.host") == first
    assert len(dissected) == 2 * built


def test_the_field_asked_for_last_is_kept(
    session: Session, dissected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_values, "ROOM", session.store.count + 1_000)
    asked(session, "http.host")
    asked(session, "http.request.uri")
    built = len(dissected)
    asked(session, "http.request.uri")

    assert len(dissected) == built
    asked(session, "http.host")
    assert len(dissected) > built


def test_while_packets_come_everything_is_asked_again(tmp_path: Path, dissected: list[int]) -> None:
    recorded = talks().pcap()
    source = RunningSource(recorded[:24], directory=tmp_path)
    source.give(recorded[24:], 200)
    session = Session([source])
    session.catch_up.run()
    first, built = asked(session, "http.host"), len(dissected)

    assert session.progress.growing
    assert asked(session, "http.host") == first
    assert len(dissected) == 2 * built
    session.close()


def test_a_file_at_its_end_is_asked_once(session: Session, dissected: list[int]) -> None:
    filtered = LiveFilter(session, compile_filter("http.host"))
    filtered.update()
    built = len(dissected)
    filtered.update()

    assert filtered.count == 8
    assert len(dissected) == built == len(set(dissected))


def test_what_was_found_so_far_may_be_read_with_each_progress(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_run, "_TREES_AT_ONCE", 16)
    filtered, found = LiveFilter(session, compile_filter("http.request")), list[int]()
    filtered.update(progress=lambda _: found.append(int(filtered.found.sum())))

    assert found == sorted(found)
    assert len(set(found)) > 2
    assert found[-1] == filtered.count == int(filtered.found.sum())
