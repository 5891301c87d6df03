"""Where a capture was made, by the two parts of its handshakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from traces import write_trace

from tcptui.analysis.capture_point import CapturePlace, capture_place, position_of, positions_of
from tcptui.model.capture_point import CapturePoint
from tcptui.session.pipeline import Pipeline
from tcptui.session.session import open_file

MS = 1_000_000


@pytest.mark.parametrize(
    ("server_ms", "client_ms", "position"),
    [
        (40, 0.1, CapturePoint.CLIENT),
        (0.1, 40, CapturePoint.SERVER),
        (10, 30, CapturePoint.MIDDLE),
        (0.2, 0.2, CapturePoint.UNKNOWN),  # one host, or one rack
        (40, 0, CapturePoint.UNKNOWN),  # the third packet was not seen
        (30, 2, CapturePoint.UNKNOWN),  # neither near enough nor far enough
    ],
)
def test_parts_of_a_handshake_tell_the_position(server_ms: float, client_ms: float, position: CapturePoint) -> None:
    assert position_of(int(server_ms * MS), int(client_ms * MS)) is position


def test_many_handshakes_are_judged_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    parts = 10 ** rng.uniform(-3, 3, (2, 500)) * rng.choice((1, 1, 1, 0, -1), (2, 500))
    server, client = (parts * MS).astype(np.int64)
    client[:100] = server[:100] // 4  # where one rule ends and another begins

    alone = [position_of(*both) for both in zip(server.tolist(), client.tolist(), strict=True)]

    assert positions_of(server, client) == alone
    assert set(alone) == set(CapturePoint)


def test_handshake_with_equal_parts_was_captured_between_the_ends(
    analysed: Callable[[Sequence[str]], Pipeline],
) -> None:
    place = capture_place(analysed(["C S 0 0", "S SA 0 1", "C A 1 1"]).analyzer.streams)

    assert place == CapturePlace(CapturePoint.MIDDLE, None, 1)


def test_repeated_syn_tells_nothing(analysed: Callable[[Sequence[str]], Pipeline]) -> None:
    place = capture_place(analysed(["C S 0 0", "C S 0 0", "S SA 0 1", "C A 1 1"]).analyzer.streams)

    assert place == CapturePlace()


def test_capture_at_a_client_names_its_host(corpus: Path) -> None:
    session = open_file(corpus / "dev" / "nDPI-whatsappfiles.pcap")
    place = capture_place(session.streams)
    session.close()

    assert place.position is CapturePoint.CLIENT
    assert place.host is not None


HALF_HOUR_LATER = ["0 C PA 1 1 100", "40 S A 1 101", "41 S PA 1 101 50", "41.1 C A 101 51"]


def test_capture_that_began_later_is_placed_by_its_quickest_acknowledgments(tmp_path: Path) -> None:
    place = capture_place(open_file(write_trace(tmp_path / "trace.pcap", HALF_HOUR_LATER)).streams)

    assert place == CapturePlace(CapturePoint.CLIENT, "10.0.0.1", 1)


def test_acknowledgments_of_what_was_sent_twice_tell_nothing(tmp_path: Path) -> None:
    again = [*HALF_HOUR_LATER, "300 C PA 101 51 10", "700 C PA 101 51 10", "700.1 S A 51 111"]

    assert capture_place(open_file(write_trace(tmp_path / "trace.pcap", again)).streams) == CapturePlace()


def test_acknowledgments_that_may_have_been_held_back_never_tell_of_the_middle(tmp_path: Path) -> None:
    slow = ["0 C PA 1 1 100", "40 S A 1 101", "41 S PA 1 101 50", "81 C A 101 51"]

    assert capture_place(open_file(write_trace(tmp_path / "trace.pcap", slow)).streams) == CapturePlace()


#: The third packet is lost: a mail-like server repeats its SYN-ACK.
AT_CLIENT = ["0 C S 0 0", "47 S SA 0 1", "47.1 C A 1 1", "1047 S SA 0 1", "1047.1 C A 1 1", "1094 S PA 1 1 10"]
AT_SERVER = ["0 C S 0 0", "0.1 S SA 0 1", "1000 S SA 0 1", "1047 C A 1 1", "1047.2 S PA 1 1 10"]


@pytest.mark.parametrize(("lines", "point"), [(AT_CLIENT, CapturePoint.CLIENT), (AT_SERVER, CapturePoint.SERVER)])
def test_repeated_handshake_alone_places_the_capture_as_its_connection_does(
    tmp_path: Path, lines: Sequence[str], point: CapturePoint
) -> None:
    place = capture_place(open_file(write_trace(tmp_path / "trace.pcap", lines)).streams)

    assert (place.position, place.own_host) == (point, None)


def test_syn_ack_that_may_answer_an_earlier_syn_places_nothing(tmp_path: Path) -> None:
    late = ["0 C S 0 0", "1000 C S 0 0", "1040 S SA 0 1", "1080 C A 1 1"]

    assert capture_place(open_file(write_trace(tmp_path / "trace.pcap", late)).streams) == CapturePlace()


def test_repeated_handshake_does_not_outvote_whole_ones(tmp_path: Path) -> None:
    whole = [f"{line} port=40001" for line in ("2000 C S 0 0", "2020 S SA 0 1", "2040 C A 1 1")]

    assert capture_place(open_file(write_trace(tmp_path / "t.pcap", [*AT_CLIENT, *whole])).streams).position is (
        CapturePoint.MIDDLE
    )


def test_simultaneous_open_places_nothing_against_its_acknowledgments(tmp_path: Path) -> None:
    both = ["0 C S 0 0", "98.9 S S 0 0", "99 C SA 0 1", "199.1 S SA 0 1", "199.2 C A 1 1", "202 C PA 1 1 200"]
    talk = ["302 S A 1 201", "303 S PA 1 201 100", "303.1 C A 201 101"]

    assert capture_place(open_file(write_trace(tmp_path / "t.pcap", [*both, *talk])).streams) == CapturePlace()
