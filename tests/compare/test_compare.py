"""What is told of two sides: differences of known size, chance, few clients, mixtures, what one side alone has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tcptui.analysis.capture_point import CapturePlace
from tcptui.cli.report.compared_json import compared_as_json
from tcptui.compare.cautions import Doubt
from tcptui.compare.compare import compare
from tcptui.compare.divide import by_masks, by_time
from tcptui.compare.measures import Kind
from tcptui.compare.side import About, TcpOption
from tcptui.model.capture_point import CapturePoint
from tcptui.words.catalogue import Words
from tcptui.words.compared_text import sections, summary_line
from tcptui.words.language import Language
from tcptui.words.quantities import Count
from tests.compare.sides import MS, asking, drawn

if TYPE_CHECKING:
    from tcptui.compare.compare import Comparison, Difference
    from tcptui.compare.side import Side

_NS = 1_000_000_000
_DAY = 86_400 * _NS


def told(found: Comparison, name: str) -> Difference:
    return next(one for one in found.differences if one.measure.name == name)


def names(found: Comparison) -> set[str]:
    return {one.measure.name for one in found.differences}


def doubts(found: Comparison) -> set[Doubt]:
    return {one.doubt for one in found.cautions}


def test_equal_sides_do_not_differ() -> None:
    found = compare(drawn(1), drawn(2))

    assert not found.differences
    assert not found.cautions
    assert found.is_comparable
    assert {one.measure.name for one in found.unchanged} >= {"rtt", "handshake", "think"}
    assert all(one.effect.low <= one.effect.estimate <= one.effect.high for one in found.unchanged)


def test_longer_round_trips_are_told_with_their_ratio() -> None:
    found = compare(drawn(1), drawn(2, rtt_ms=24))

    rtt = told(found, "rtt")
    assert rtt.worse == "b"
    assert 1.0 < rtt.effect.low < 1.2 < rtt.effect.high < 1.4
    assert rtt.b / rtt.a == pytest.approx(rtt.effect.estimate)
    assert len(rtt.streams_a) == len(rtt.streams_b) == 100
    assert told(compare(drawn(2, rtt_ms=24), drawn(1)), "rtt").worse == "a"


def test_think_time_is_told_in_seconds() -> None:
    slower = drawn(2)
    slower = replace(slower, server_think_ns=slower.server_think_ns + 50 * MS)

    think = told(compare(drawn(1), slower), "think")

    assert think.effect.low < 0.05 < think.effect.high
    assert think.effect.low > 0.03


def test_a_stripped_option_and_a_finding_of_one_side() -> None:
    stripped = drawn(2, finding=0.1)
    agreed = stripped.agreed.copy()
    agreed[:, list(TcpOption).index(TcpOption.SACK)] = False

    found = compare(drawn(1), replace(stripped, agreed=agreed))

    assert names(found) == {"option:sack", "finding:connection-refused"}
    assert told(found, "option:sack").worse == "b"
    assert told(found, "option:sack").effect.low == -1000
    assert not told(found, "option:sack").streams_a, "none of A lacks it"
    assert len(told(found, "option:sack").streams_b) == 100
    assert [(one.kind, one.name, one.is_sure) for one in found.only_in_b] == [("finding", "connection-refused", True)]
    assert [(one.kind, one.name, one.is_sure) for one in found.only_in_a] == [("option", "sack", True)]
    refused = told(found, "finding:connection-refused")
    assert refused.streams_b == tuple(stripped.found.row.tolist())


def test_the_trouble_of_one_client_is_not_that_of_the_others() -> None:
    """Of many clients a finding is a difference; of one it may be the client."""
    of_many = compare(drawn(1), drawn(2, finding=0.1))
    of_one = compare(drawn(1), drawn(2, only_clients=1))

    assert "finding:connection-refused" in names(of_many)
    assert not names(of_one)
    assert [(one.name, one.is_sure) for one in of_one.only_in_b] == [("connection-refused", False)]


def test_a_client_that_is_busier_today_is_no_longer_path() -> None:
    """Half of B's connections come from a client that is four times as far as the others, on both sides."""

    def of(seed: int, far: float) -> Side:
        side = drawn(seed, 2_000)
        is_far = np.random.default_rng(seed + 50).random(len(side)) < far
        client = side.client.copy()
        client[is_far] = "10.9.9.9"
        return replace(side, client=client, rtt_ns=np.where(is_far, 4, 1) * side.rtt_ns)

    assert "rtt" not in names(compare(of(1, 0.1), of(2, 0.4)))


@pytest.mark.parametrize("clients", [1, 2, 5])
def test_of_few_clients_nothing_is_decided(clients: int) -> None:
    found = compare(drawn(1, clients=clients), drawn(2, clients=clients, rtt_ms=26, finding=0.1))

    assert Doubt.CLIENTS in doubts(found)
    assert not found.differences
    assert not found.unchanged
    rtt = next(one for one in found.undecided if one.measure.name == "rtt")
    assert 1 < rtt.effect.low < 1.3 < rtt.effect.high < 1.7
    assert [one.is_sure for one in found.only_in_b] == [False]
    assert {"think", "finding:connection-refused"} <= {one.measure.name for one in found.undecided}


@pytest.mark.parametrize("language", list(Language))
def test_that_nothing_is_decided_is_said(language: Language) -> None:
    found, words = compare(drawn(1, clients=1), drawn(2, clients=1, rtt_ms=26)), Words(language)

    assert [one.heading for one in sections(found, words)] == [words("compare.undecided")]
    assert summary_line(found, words) == words("compare.summary.undecided", count=Count(found.compared))
    told = json.loads(compared_as_json(found, words))
    assert "rtt" in {one["measure"] for one in told["undecided"]}
    assert told["differences"] == told["unchanged"] == []


def test_enough_clients_are_decided() -> None:
    assert not compare(drawn(1), drawn(2)).undecided
    assert Doubt.CLIENTS not in doubts(compare(drawn(1), drawn(2)))


def test_too_few_connections_are_not_compared() -> None:
    for count in (0, 1, 29):
        found = compare(drawn(1, count), drawn(2))

        assert not found.is_comparable
        assert not found.compared
        assert Doubt.FEW in doubts(found)


def test_a_mixture_of_servers_is_told_and_taken_out() -> None:
    """Server 1 is three times as far as server 0; B has more of its connections, and neither server changed."""

    def of(seed: int, far: float) -> Side:
        side = drawn(seed, 1_000)
        is_far = np.random.default_rng(seed + 50).random(len(side)) < far
        server = np.where(is_far, "10.2.0.1:80", "10.2.0.0:80").astype(object)
        return replace(side, server=server, rtt_ns=side.rtt_ns * np.where(is_far, 3, 1))

    a, b = of(1, 0.2), of(2, 0.7)
    found = compare(a, b)
    by_server = compare(a, b, by="tcptui.server", groups=(a.server, b.server))

    assert Doubt.MIXTURE in doubts(found)
    assert told(found, "rtt").is_of_mixture
    assert not by_server.differences
    slower = compare(of(1, 0.2), replace(b, rtt_ns=b.rtt_ns * 2))
    assert not told(slower, "rtt").is_of_mixture
    assert told(slower, "rtt").adjusted is not None


def test_a_group_that_changed_is_named() -> None:
    a, b = drawn(1, 1_000, servers=2), drawn(2, 1_000, servers=2)
    b = replace(b, rtt_ns=np.where(b.server == "10.2.0.1:80", b.rtt_ns * 2, b.rtt_ns))

    found = compare(a, b, by="tcptui.server", groups=(a.server, b.server))

    assert {one.group.value for one in found.differences if one.group} == {"10.2.0.1:80"}
    assert told(found, "rtt").effect.low < 2 < told(found, "rtt").effect.high
    mine = set(b.streams[b.server == "10.2.0.1:80"].tolist())
    assert set(told(found, "rtt").streams_b) <= mine


def test_groups_of_one_side_and_small_ones_are_told() -> None:
    a, b = drawn(1), drawn(2)
    few = np.where(np.arange(400) < 5, "few", "many").astype(object)
    other = np.where(np.arange(400) < 100, "new", "many").astype(object)

    found = compare(a, b, by="http.host", groups=(few, other))

    assert Doubt.GROUPS in doubts(found)
    assert [one.name for one in found.only_in_b if one.kind == "group"] == ["new"]
    assert [one.name for one in found.only_in_a if one.kind == "group"] == ["few"]


def test_statements_are_compared_by_time_and_errors() -> None:
    draw = np.random.default_rng(5)
    took = [30 * np.exp(draw.normal(0, 0.5, 400)) for _ in range(2)]
    a = asking(drawn(1), took[0])
    b = asking(drawn(2), took[1] * 2, draw.random(400) < 0.2)

    found = compare(a, b)

    slower = told(found, "statement:http GET /orders")
    assert slower.effect.low < 2 < slower.effect.high
    assert slower.worse == "b"
    assert told(found, "statement-errors:http GET /orders").b == pytest.approx(200, abs=50)
    assert [one.name for one in compare(drawn(1), b).only_in_b] == ["http GET /orders"]


def about(side: Side, **changes: object) -> Side:
    return replace(side, about=replace(About(packets=10_000), **changes))


def test_what_was_captured_otherwise_is_told() -> None:
    a, b = drawn(1), drawn(2)
    client, server = (CapturePlace(position=point) for point in (CapturePoint.CLIENT, CapturePoint.SERVER))
    night = replace(b, began_ns=b.began_ns + 12 * 3_600 * _NS)
    long = replace(b, began_ns=b.began_ns * 5)
    pairs = {
        Doubt.POINT: (about(a, place=client), about(b, place=server)),
        Doubt.PORTS: (a, replace(b, port=np.where(np.arange(400) < 200, 443, 80))),
        Doubt.SERVERS: (a, replace(b, server=np.where(np.arange(400) < 200, "10.3.0.1:80", b.server).astype(object))),
        Doubt.HOURS: (a, night),
        Doubt.WEEKDAY: (a, replace(b, began_ns=b.began_ns + 2 * _DAY)),
        Doubt.LENGTH: (a, long),
        Doubt.CUT: (about(a), about(b, truncated=5_000)),
        Doubt.DROPPED: (about(a), about(b, dropped=500)),
    }
    for doubt, (one, other) in pairs.items():
        assert doubts(compare(one, other)) == {doubt}, doubt
    assert not compare(*pairs[Doubt.POINT]).is_comparable
    assert not compare(*pairs[Doubt.PORTS]).is_comparable
    assert compare(*pairs[Doubt.HOURS]).is_comparable


def test_a_result_can_be_repeated() -> None:
    once, again = (compare(drawn(1), drawn(2, rtt_ms=24)) for _ in range(2))

    assert [one.effect for one in once.differences] == [one.effect for one in again.differences]


def test_a_side_is_divided_by_time_and_by_masks() -> None:
    whole = asking(drawn(1, finding=0.1), np.full(400, 5.0))
    at_ns = int(whole.began_ns[100])

    before, after = by_time(whole, at_ns)
    assert (before.began_ns < at_ns).all()
    assert (after.began_ns >= at_ns).all()
    assert len(before) + len(after) == 400
    assert len(before.found.row) + len(after.found.row) == len(whole.found.row)
    assert after.streams[after.found.row].tolist() == [
        stream for stream in whole.streams[whole.found.row].tolist() if stream in set(after.streams.tolist())
    ]
    assert len(before.requests.row) == len(before)

    first, second = np.arange(400) < 250, np.arange(400) >= 200
    a, b, noticed = by_masks(whole, first, second)
    assert (len(a), len(b)) == (200, 150)
    assert [(one.doubt, one.a) for one in noticed] == [(Doubt.BOTH, 50)]
    assert not by_masks(whole, first, ~first)[2]


def test_ten_thousand_clients() -> None:
    count = 10_000
    a, b = (replace(drawn(seed, count), client=np.arange(count).astype(str).astype(object)) for seed in (1, 2))

    found = compare(a, replace(b, rtt_ns=b.rtt_ns * 11 // 10))

    assert told(found, "rtt").effect.estimate == pytest.approx(1.1, abs=0.03)
    assert {one.measure.kind for one in found.differences} == {Kind.RTT}
