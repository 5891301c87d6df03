from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from tcptui.model.finding import Severity
from tcptui.model.flow_table import FlowTable
from tcptui.model.packet_store import U8
from tcptui.session.session import Session, open_file
from tcptui.ui.endpoint_names import EndpointNames, read_hosts, read_services
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import SORT_KEYS, Sorting, sort_order
from tcptui.ui.main.connection_index import (
    ConnectionIndex,
    ConnectionMatcher,
    ListedProblem,
    ListFilter,
    _match_distinct,
)
from tcptui.ui.main.state_text import StateWord
from tcptui.ui.main.word_readings import WordReadings
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.access.open_capture import JudgedCapture
    from tests.ui.conftest import Wire

SERVICES = {80: "http", 8443: "pcsync-https"}
HOSTS = {"192.0.2.20": "payments"}
STATE_WORDS = {word: f"<{word.value}>" for word in StateWord}


@pytest.fixture
def matcher(mixed_session: Session) -> ConnectionMatcher:
    return ConnectionMatcher(
        mixed_session,
        EndpointNames(mixed_session.flows, HOSTS, SERVICES),
        ("", "note", "warning", "error"),
        lambda bits: "fast retransmission" if bits & 2 else "",
        lambda stream: f"note of {stream}",
        STATE_WORDS,
        WordReadings(Words(Language.EN)),
    )


@pytest.mark.parametrize(
    ("typed", "streams"),
    [
        ("", [0, 1, 2, 3]),
        ("40002", [1]),
        ("10.0.0.1:4000", [0, 1]),
        ("0.1:40001", [0]),
        (":http", [0, 1, 3]),
        ("payments", [2]),
        ("192.0.2.20", [2]),
        ("payments:pcsync", [2]),
        ("20:8443", [2]),
        ("fast retr", [1]),
        ("FAST", [1]),
        ("estab", [1]),
        ("time-w", [0, 3]),
        ("<closed", [0, 3]),
        ("<open>", [1]),
        ("<reset>", [2]),
        ("time-w 40004", [3]),
        ("error", [2]),
        ("note of 2", [2]),
        (":", [0, 1, 2, 3]),
        ("[/x]", []),
    ],
)
def test_text_in_any_column_is_found(matcher: ConnectionMatcher, typed: str, streams: list[int]) -> None:
    assert matcher.matching(ListFilter.of(typed), 4).tolist() == streams


def test_only_the_first_streams_are_considered(matcher: ConnectionMatcher) -> None:
    assert matcher.matching(ListFilter.of("10.0.0"), 2).tolist() == [0, 1]


def test_client_ports_are_never_named(mixed_session: Session) -> None:
    names = EndpointNames(mixed_session.flows, {}, {40001: "wrong", 80: "http"})
    streams = mixed_session.streams
    client = int(streams.client_is_b[0])

    assert names.text(int(streams.flow[0]), client, is_server=False) == "10.0.0.1:40001"
    assert names.text(int(streams.flow[0]), 1 - client, is_server=True) == "192.0.2.10:http"
    assert not names.matching("wrong", streams.flow[:4], streams.client_is_b[:4]).any()


def test_addresses_of_both_versions_are_found() -> None:
    flows = FlowTable()
    keys = np.zeros((3, 5), np.uint64)
    keys[0] = (0, 0x0A000001, 0, 0xC0000202, 4 << 32 | 1000 << 16 | 80)
    keys[1] = (0x20010DB8 << 32, 1, 0x20010DB8 << 32, 2, 6 << 32 | 1000 << 16 | 80)
    keys[2] = (0, 1, 0, 2, 6 << 32 | 7 << 16 | 8)
    ids = flows.ids(keys)
    names = EndpointNames(flows, {}, {})
    zeros = np.zeros(3, np.uint8)

    assert names.matching("10.0.0.1", ids, zeros).tolist() == [True, False, False]
    assert names.matching("[2001:db8::1]:1000", ids, zeros).tolist() == [False, True, False]
    assert names.matching("::2", ids, zeros).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("key", "order"),
    [
        (SortKey.START, [0, 1, 2, 3]),
        (SortKey.PACKETS, [1, 0, 3, 2]),
        (SortKey.BYTES, [1, 3, 0, 2]),
        (SortKey.DURATION, [0, 3, 1, 2]),
    ],
)
def test_orders_put_the_largest_first_and_ties_by_start(mixed_session: Session, key: SortKey, order: list[int]) -> None:
    assert sort_order(mixed_session, np.arange(4, dtype=np.int32), Sorting(key)).tolist() == order


@pytest.mark.parametrize(
    ("key", "order"),
    [
        (SortKey.START, [3, 2, 1, 0]),
        (SortKey.PACKETS, [2, 0, 3, 1]),
        (SortKey.BYTES, [2, 0, 3, 1]),
        (SortKey.RTT, [2, 0, 1, 3]),
    ],
)
def test_reversed_orders_put_the_smallest_first_and_ties_by_start(
    mixed_session: Session, key: SortKey, order: list[int]
) -> None:
    streams = np.arange(4, dtype=np.int32)

    assert sort_order(mixed_session, streams, Sorting(key, is_reversed=True)).tolist() == order


@pytest.mark.parametrize(("is_reversed", "order"), [(False, [2, 0, 1, 3]), (True, [0, 2, 1, 3])])
def test_round_trip_that_was_not_measured_comes_last_in_both_directions(is_reversed: bool, order: list[int]) -> None:
    nothing = np.zeros(4, np.int64)
    streams = SimpleNamespace(irtt_ns=np.array([5, 0, 9, 0]), min_rtt_ns_a=nothing, min_rtt_ns_b=nothing)
    capture = cast("JudgedCapture", Weighed(np.zeros(4, np.uint8), nothing, streams))

    assert sort_order(capture, np.arange(4, dtype=np.int32), Sorting(SortKey.RTT, is_reversed)).tolist() == order


def test_position_in_a_list_that_begins_with_the_latest() -> None:
    index = ConnectionIndex()
    index.order, index.sorting = np.array([7, 4, 2], np.int32), Sorting(SortKey.START, is_reversed=True)

    assert [index.position_of(stream) for stream in (7, 4, 2, 3)] == [0, 1, 2, -1]


def test_problems_come_first_by_gravity(mixed_session: Session) -> None:
    order = sort_order(mixed_session, np.arange(4, dtype=np.int32), Sorting(SortKey.PROBLEMS))
    severity = mixed_session.severity[order]

    assert (np.diff(severity.astype(int)) <= 0).all()
    assert severity[0] > 0


@dataclass
class Weighed:
    """As much of a capture as sorting by problems and by time lost reads."""

    severity: U8
    lost_ns: NDArray[np.int64]
    streams: SimpleNamespace


def weighed(*rows: tuple[int, int, int]) -> JudgedCapture:
    """A capture of connections with a severity, lost nanoseconds and troubled packets each."""
    severity, lost, troubled = zip(*rows, strict=True)
    streams = SimpleNamespace(troubled=np.array(troubled, np.int32))
    return cast("JudgedCapture", Weighed(np.array(severity, np.uint8), np.array(lost, np.int64), streams))


DAY_NS = 86_400 * 10**9


def test_problems_of_one_severity_are_sorted_by_time_lost_then_troubled_packets_then_start() -> None:
    capture = weighed(
        (0, 0, 9),
        (2, 5_000, 1),
        (3, 0, 0),
        (2, 9_000, 0),
        (2, 5_000, 7),
        (1, 0, 2**31 - 1),
        (3, 0, 0),
        (2, 90 * DAY_NS, 0),
    )

    order = sort_order(capture, np.arange(8, dtype=np.int32), Sorting(SortKey.PROBLEMS))

    assert order.tolist() == [2, 6, 7, 3, 4, 1, 5, 0]


def test_time_lost_puts_the_longest_first_and_what_is_not_judged_yet_last() -> None:
    capture = weighed((2, 5, 0), (3, 0, 0), (2, 6, 0))

    assert sort_order(capture, np.arange(4, dtype=np.int32), Sorting(SortKey.LOST)).tolist() == [2, 0, 1, 3]


def listed(letters: str) -> tuple[ConnectionIndex, U8]:
    """A list of connections with an ``E``rror, a ``W``arning, a note or nothing (``-``), and the severities."""
    index = ConnectionIndex()
    index.order = np.arange(len(letters), dtype=np.int32)[::-1].copy()  # streams are not positions
    severity = np.array([" -WE".index(letter) for letter in letters], np.uint8)[::-1].copy()
    return index, severity


def visits(letters: str, start: int, step: int) -> list[int]:
    """The positions that pressing the key leads to until it is where it has been before, that one included."""
    index, severity = listed(letters)
    places: list[int] = []
    problem = index.next_problem(severity, start, step)
    while problem is not None:
        places.append(problem.position)
        if problem.position in places[:-1]:
            break
        problem = index.next_problem(severity, problem.position, step, visited=True)
    return places


@pytest.mark.parametrize(
    ("letters", "start", "forward", "backward"),
    [
        ("----", 1, [], []),
        ("E---", 0, [0, 0], [0, 0]),
        ("E---", 3, [0, 0], [0, 0]),  # the newest row, while the list follows
        ("EEWW-", 0, [1, 2, 3, 0, 1], [3, 2, 1, 0, 3]),
        ("EEWW-", 3, [0, 1, 2, 3, 0], [2, 1, 0, 3, 2]),
        ("EEWW-", 4, [0, 1, 2, 3, 0], [1, 0, 3, 2, 1]),
        ("WEWE-W", 1, [3, 0, 2, 5, 1, 3], [5, 2, 0, 3, 1, 5]),  # errors first, then all warnings, those above, too
        ("WEWE-W", 0, [1, 3, 0, 2, 5, 1], [3, 1, 5, 2, 0, 3]),  # a warning gone to keeps no error from being visited
        ("WEWE-W", 4, [5, 1, 3, 0, 2, 5], [3, 1, 5, 2, 0, 3]),
        ("W-W-W", 1, [2, 4, 0, 2], [0, 4, 2, 0]),  # without errors, the nearest
        ("W-W-E", 3, [4, 0, 2, 4], [2, 0, 4, 2]),
    ],
)
def test_errors_are_visited_before_warnings_and_the_worst_comes_behind_the_last(
    letters: str, start: int, forward: list[int], backward: list[int]
) -> None:
    assert visits(letters, start, 1) == forward
    assert visits(letters, start, -1) == backward


def test_problem_is_numbered_among_the_listed_ones_of_its_severity() -> None:
    index, severity = listed("W-EWE")

    assert index.next_problem(severity, 1, 1) == ListedProblem(2, Severity.ERROR, 1, 2)
    assert index.next_problem(severity, 2, 1) == ListedProblem(4, Severity.ERROR, 2, 2)
    assert index.next_problem(severity, 4, 1) == ListedProblem(0, Severity.WARNING, 1, 2)
    index.order = index.order[1:]
    assert index.next_problem(severity, 3, 1) == ListedProblem(2, Severity.WARNING, 1, 1)


def test_connections_that_came_after_the_severities_were_read_are_no_problem() -> None:
    index, severity = listed("EEE")

    assert index.next_problem(severity[:1], 0, 1) == ListedProblem(2, Severity.ERROR, 1, 1)


@pytest.mark.parametrize("distinct", [0, 1, 5, 24, 25, 300])
def test_answer_is_asked_for_once_per_value_however_many_there_are(distinct: int) -> None:
    column = np.arange(3 * distinct, dtype=np.int64) % max(distinct, 1)
    asked: list[int] = []

    def matches(value: int) -> bool:
        asked.append(value)
        return value % 3 == 0

    assert _match_distinct(column, matches).tolist() == [value % 3 == 0 for value in column.tolist()]
    assert set(asked) == set(range(distinct))
    assert len(asked) <= distinct + 24


def test_sort_keys_go_round() -> None:
    sorting, seen = Sorting(is_reversed=True), []
    for _ in SortKey:
        seen.append(sorting.key)
        sorting = sorting.following()

    assert sorting == Sorting(SortKey.START)
    assert seen == list(SORT_KEYS)
    assert set(seen) == set(SortKey)


def test_state_of_a_connection_that_ended_with_an_icmp_error_is_its_last_segments(wire: Wire, tmp_path: Path) -> None:
    wire.tcp(0, "10.0.0.1:40001", "192.0.2.9:81", 2, 100)
    wire.unreachable(5, "192.0.2.1", "10.0.0.1:40001", "192.0.2.9:81", 100)
    session = open_file(wire.pcap(tmp_path / "icmp.pcap"))
    matcher = ConnectionMatcher(
        session, EndpointNames(session.flows, {}, {}), ("", "", "", ""), lambda _: "", lambda _: "", STATE_WORDS,
        WordReadings(Words(Language.EN)),
    )  # fmt: skip

    assert matcher.matching(ListFilter.of("syn-sent"), 1).tolist() == [0]


def test_hosts_and_services_files_are_read_and_their_absence_is_no_error(tmp_path: Path) -> None:
    hosts, services = tmp_path / "hosts", tmp_path / "services"
    hosts.write_text("127.0.0.1 localhost lo # me\n::1 localhost\nnonsense line\n10.1.2.3 \x1b]0;evil\n")
    services.write_text("http 80/tcp www\nhttp 80/udp\nbad line\nx\n")

    assert read_hosts(hosts) == {"127.0.0.1": "localhost", "::1": "localhost", "10.1.2.3": "␛]0;evil"}
    assert read_services(services) == {80: "http"}
    assert read_hosts(tmp_path / "none") == {}


def test_flow_whose_number_another_one_had_is_shown_by_its_own_ends() -> None:
    def key(port: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
        return np.array([[0, 0x0A000000 + port, 0, 0xC0000201, 4 << 32 | port << 16 | 80]], np.uint64)

    flows = FlowTable()
    names = EndpointNames(flows, {}, {})
    flow = flows.ids(key(1_000))
    ends = np.array([0], np.uint8)
    before = names.text(int(flow[0]), 0, is_server=False), names.matching(":1000", flow, ends).tolist()
    flows.evict(flow.astype(np.int64))
    flows.evict(np.zeros(0, np.int64))
    again = flows.ids(key(2_000))

    assert again.tolist() == flow.tolist()
    assert before == ("10.0.3.232:1000", [True])
    assert names.text(int(again[0]), 0, is_server=False) == "10.0.7.208:2000"
    assert names.matching("10.0.7.208", again, ends).tolist() == [True]
    assert names.matching("10.0.3.232", again, ends).tolist() == [False]
