"""Rules over a capture: what they mean, what they hold on, what breaks them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape, mixed
from hypothesis import given
from hypothesis import strategies as st
from traces import write_trace

from tcptui.dfilter.errors import FilterError
from tcptui.session.assertions.judge import Judgement, judge, nearest_rank
from tcptui.session.assertions.rule import RuleError, parse_rule
from tcptui.session.assertions.rules_file import read_rules
from tcptui.session.assertions.words import Kind, is_rule
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.tmpdir import TempPathFactory


@pytest.fixture(scope="module")
def session(tmp_path_factory: TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("assert") / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return open_file(path)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: TempPathFactory) -> Session:
    """A capture without TCP: one datagram."""
    path = tmp_path_factory.mktemp("assert") / "udp.pcap"
    return open_file(write_trace(path, ["0 C . 0 0 5 udp=1"]))


def frames(judgement: Judgement) -> list[int]:
    return (judgement.rows + 1).tolist()


@pytest.mark.parametrize(
    ("text", "broken_by"),
    [
        ("no tcp.analysis.retransmission", [20]),
        ("no tcp.port == 81", []),
        ("no tcp.flags.reset == 1", [23]),
        ("all tcp", []),
        ("all udp", list(range(1, 32))),
        ("all tcp.len < 1000", [12, 14, 16, 18, 20]),
        ("all tcp.analysis.ack_rtt < 0.04", None),
        ("all tcp.analysis.retransmission", [number for number in range(1, 32) if number != 20]),
    ],
)
def test_no_and_all_name_the_packets_that_break_them(text: str, broken_by: list[int] | None, session: Session) -> None:
    judged = judge(session, parse_rule(text))

    if broken_by is None:  # whatever they are, each has a round trip of 40 ms or more
        broken_by = [row + 1 for row in range(session.store.count) if _rtt_ns(session, row) >= 40_000_000]
        assert broken_by
    assert frames(judged) == broken_by
    assert judged.holds == (not broken_by)


def _rtt_ns(session: Session, row: int) -> int:
    store = session.store
    acked = int(store.acked[row])
    return int(store.time_ns[row]) - int(store.time_ns[acked]) if acked >= 0 else 0


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("count tcp.len > 0 < 7", False),
        ("count tcp.len > 0 <= 7", True),
        ("count tcp.len > 0 == 7", True),
        ("count tcp.len > 0 != 7", False),
        ("count tcp.len > 0 > 6", True),
        ("count tcp.len > 0 >= 8", False),
        ("count tcp.len > 0 < 23%", True),
        ("count tcp.len > 0 < 22.5%", False),
        ("count tcp.port == 81 < 1", True),
        ("count tcp.port == 81 > 0", False),
    ],
)
def test_count_compares_with_numbers_and_shares(text: str, holds: bool, session: Session) -> None:
    judged = judge(session, parse_rule(text))

    assert judged.holds is holds
    # Too many are named; where there are too few, nothing is there to name.
    assert bool(len(judged.rows)) == (not holds and ">=" not in text and "> 0" not in text[-4:])


def test_share_is_of_tcp_packets(session: Session) -> None:
    judged = judge(session, parse_rule("count tcp.len > 0 < 1%"))

    assert (judged.count, judged.of) == (7, 31)
    assert judged.value == pytest.approx(700 / 31)
    assert len(judged.rows) == 7


def test_percentile_is_a_value_that_occurs(session: Session) -> None:
    rtts = sorted(filter(None, (_rtt_ns(session, row) for row in range(session.store.count))))
    for percent in (0, 1, 50, 90, 99, 100):
        judged = judge(session, parse_rule(f"p{percent} tcp.analysis.ack_rtt < 0"))
        rank = max(-(-percent * len(rtts) // 100) - 1, 0)
        assert judged.value == rtts[rank] / 1e9
        assert (judged.count, judged.holds) == (len(rtts), False)
        assert len(judged.rows) == len(rtts)


def percentile(percent: str, session: Session) -> float | None:
    return judge(session, parse_rule(f"p{percent} tcp.len < 0")).value


def test_percentile_of_a_thousand_values_is_that_of_its_decimal_text(tmp_path: Path) -> None:
    """In binary, 99.9 / 100 * 1000 is a little more than 999."""
    session = open_file(write_trace(tmp_path / "t.pcap", [f"{n} C A 1 1 {n}" for n in range(1, 1_001)]))

    for tenths in range(1_000):
        assert percentile(f"{tenths // 10}.{tenths % 10}", session) == max(tenths, 1)
    assert percentile("100", session) == 1_000
    assert percentile("99.9001", session) == 1_000
    assert percentile("99.8999", session) == 999
    assert percentile("0.1001", session) == 2


#: Of round numbers, many percentiles are whole: there a number that is not exact takes the next one.
COUNTS = st.one_of(st.integers(1, 10**7), st.integers(1, 100).map(lambda number: 1_000 * number))


@given(thousandths=st.integers(0, 99_999), factor=st.integers(1, 500), beside=st.integers(-1, 1))
def test_rank_is_the_least_at_or_below_which_are_so_many_percent(thousandths: int, factor: int, beside: int) -> None:
    """Of counts by which the percentile is a whole rank, which a number that is not exact passes by; and beside."""
    count = max(factor * 100_000 // math.gcd(thousandths, 100_000) + beside, 1)
    text = f"p{thousandths // 1_000}.{thousandths % 1_000:03} tcp.len < 0"
    rank = nearest_rank(parse_rule(text).percent, count)

    assert 1 <= rank <= count
    assert rank * 100_000 >= thousandths * count
    assert rank == 1 or (rank - 1) * 100_000 < thousandths * count


def test_percentile_that_fails_names_the_packets_beyond_the_limit(session: Session) -> None:
    judged = judge(session, parse_rule("p99 tcp.len <= 36"))

    assert not judged.holds
    assert (session.store.length[judged.rows] > 36).all()
    assert len(judged.rows) == 5


def test_what_belongs_to_a_connection_counts_once_for_each(session: Session) -> None:
    judged = judge(session, parse_rule("p50 tcptui.packets > 100"))

    assert judged.count == session.streams.count == 4
    assert frames(judged) == (session.streams.first_row[:4] + 1).tolist()


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("no tcp", True), ("all tcp.len > 0", True), ("count tcp.analysis.retransmission < 1%", True),
        ("count tcp >= 1%", True), ("count tcp < 1", True), ("p99 tcp.len < 1", False), ("p99 tcp.len > 1", False),
    ],
)  # fmt: skip
def test_on_nothing_only_percentiles_fail(text: str, holds: bool, nothing: Session) -> None:
    judged = judge(nothing, parse_rule(text))

    assert judged.holds is holds
    assert not len(judged.rows)


def test_all_leaves_out_tests_of_what_a_packet_lacks(tmp_path: Path) -> None:
    tape = Tape()
    tape.clean(0, "10.0.0.1:4000", "10.0.0.2:80", b"x")
    tape.ip(200, "10.0.0.1", "10.0.0.2", 17, b"\x00\x35\x00\x35\x00\x08\x00\x00")
    path = tmp_path / "two.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    everything = session.store.count

    def broken(text: str) -> int:
        return judge(session, parse_rule(text)).count

    assert broken("all tcp.port == 80") == 0
    assert broken("all udp.srcport == 53") == 0
    assert broken("all tcp.port == 80 or udp.srcport == 53") == 0
    assert broken("all tcp.port == 81 or udp.srcport == 53") == everything - 1
    assert broken("all tcp.port == 80 and udp.srcport == 53") == 0
    assert broken("all tcp.port == 80 and udp.srcport == 54") == 1
    assert broken("all not tcp.port == 80") == everything - 1
    assert broken("all tcp.port not in {80}") == everything - 1  # not in is true of packets without the field
    assert broken("all tcp") == 1
    assert broken("all tcp or udp") == 0
    assert broken("all tcp.port == 80 xor udp.srcport == 53") == 0


def test_last_relation_is_the_rules_own() -> None:
    rule = parse_rule("count tcp.len > 5 and tcp.port == 80 < 3%")

    assert (rule.kind, rule.relation, rule.limit, rule.is_share) == (Kind.COUNT, "<", 3.0, True)
    assert rule.filter is not None
    assert rule.filter.text == "tcp.len > 5 and tcp.port == 80"
    assert parse_rule("p99.9 tcp.len >= 1.5").percent == Fraction(999, 10)


@pytest.mark.parametrize(
    "text",
    ["", "no", "no ", "any tcp", "count tcp", "count < 5", "count tcp < x", "count tcp < 5 packets", "p99 < 3",
     "p101 tcp.len < 1", "p tcp.len < 1", "p99 tcp.len < 1%", "p99 tcp.lenn < 1", "p99 ip.src < 1", "p99 tcp < 1",
     "p99 tcp.flags.syn < 1", "count" + " " * 100_000 + "<"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        parse_rule(text)


@pytest.mark.parametrize(
    "text", ["no tcp.prot == 1", "all (", "count tcp == < 1", "no " + "(" * 10_000, "no " + "tcp or " * 20_000 + "tcp"]
)
def test_mistake_in_a_filter_is_one_of_the_filter(text: str) -> None:
    with pytest.raises(FilterError):
        parse_rule(text)


def test_rules_are_told_from_files() -> None:
    assert all(map(is_rule, ["no tcp", "all x", "count tcp < 1", "p99 tcp.len < 1", "p5 nonsense", " no x"]))
    assert not any(
        map(is_rule, ["no", "a.pcap", "no.pcap", "./no tcp", "all.pcap", "p99.pcap", "count", "nothing here"])
    )


def test_rules_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        'rules = ["no tcp"]\n[[rule]]\nname = "quick"\nrule = "p99 tcp.len < 3"\n[[rule]]\nrule = "all tcp"\n'
    )

    found = read_rules(path)
    assert [(one.number, one.text, one.name) for one in found.entries] == [
        (1, "no tcp", ""), (2, "p99 tcp.len < 3", "quick"), (3, "all tcp", ""),
    ]  # fmt: skip
    assert found.faults == []


@pytest.mark.parametrize(
    "content",
    [b"rules = [", b"\xff\xfe", b"#" * (1 << 20) + b"##", b"rules = " + b"[" * 100_000],
)  # fmt: skip
def test_file_that_is_no_file_of_rules_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(content)

    with pytest.raises(RuleError):
        read_rules(path)


@pytest.mark.parametrize(
    "content", [b"", b"rules = []", b"rules = 5", b"rule = 5", b"rulez = []", b"rules = ['no tcp']\nrulez = []"]
)
def test_file_with_a_fault_of_its_own_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(content)

    assert [type(one) for one in read_rules(path).faults] == [RuleError]


@pytest.mark.parametrize("content", [
    "rules = [5, 'no tcp']", "rule = ['x', {rule = 'no tcp'}]", "rule = [{name = 'x'}, {rule = 'no tcp'}]",
    "rule = [{rule = 5}, {rule = 'no tcp'}]", "rule = [{rule = 'a', name = 5}, {rule = 'no tcp'}]",
    "rule = [{rule = 'no tcp', why = 'x'}, {rule = 'no tcp'}]",
])  # fmt: skip
def test_entry_that_is_no_rule_does_not_hide_the_next(content: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(content)

    wrong, right = read_rules(path).entries
    assert (wrong.number, wrong.fault is None) == (1, False)
    assert (right.number, right.text, right.fault) == (2, "no tcp", None)


def test_judging_changes_no_rule(session: Session) -> None:
    rule = parse_rule("no tcp.len > 5")

    assert [judge(session, rule).rows.tolist() for _ in range(2)] == [judge(session, rule).rows.tolist()] * 2
    assert np.array_equal(judge(session, rule).rows, np.flatnonzero(session.store.length[:31] > 5))
