"""The statistics by themselves: Student's distribution, the choice among many, clients."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tcptui.compare.clusters import clusters_of, damped, freedom_of
from tcptui.compare.differences import estimate
from tcptui.compare.intervals import RATE, doubt, reach, selected
from tcptui.compare.measures import measures_of
from tests.compare.sides import MS, drawn

if TYPE_CHECKING:
    from tcptui.compare.differences import Estimate
    from tcptui.compare.side import Side


@pytest.mark.parametrize(
    ("freedom", "level", "table"),
    [(5, 0.05, 2.571), (10, 0.05, 2.228), (30, 0.01, 2.750), (1_000, 0.05, 1.962), (10, 0.001, 4.587)],
)
def test_reach_is_that_of_the_tables(freedom: int, level: float, table: float) -> None:
    assert reach(level, freedom) == pytest.approx(table, rel=0.01)
    assert doubt(table, freedom) == pytest.approx(level, rel=0.05)


def test_an_interval_excludes_nothing_exactly_where_it_is_selected() -> None:
    for level in (1e-12, 1e-6, 0.01, 0.2):
        assert doubt(reach(level, 12), 12) == pytest.approx(level, rel=1e-6)
    assert doubt(float("inf"), 5) == 0


def test_benjamini_and_hochberg() -> None:
    """The example of their paper (1995, 3.2): four of fifteen."""
    doubts = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ]  # fmt: skip

    chosen, level = selected(doubts)

    assert chosen.tolist() == [True] * 4 + [False] * 11
    assert level == pytest.approx(4 * 0.05 / 15)
    assert selected([]) == (pytest.approx(np.zeros(0)), RATE)
    assert not selected([0.2, 0.9])[0].any()


def test_connections_of_a_client_are_not_independent() -> None:
    """Of connections that are copies of their client's one, the error is that of so many clients."""
    draw = np.random.default_rng(3)
    own = draw.normal(0, 0.3, (2, 50))
    plain = drawn(1, 500)
    sides = [
        replace(plain, client=np.array([f"10.{letter}.0.{one % 50}" for one in range(500)], object),
                rtt_ns=(20 * MS * np.exp(own[letter][np.arange(500) % 50])).astype(np.int64))
        for letter in (0, 1)
    ]  # fmt: skip

    found = estimated(*sides)

    assert found.raw == pytest.approx(own[1].mean() - own[0].mean(), abs=1e-6)
    assert found.error == pytest.approx(np.sqrt(own.var(axis=1, ddof=1).sum() / 50), rel=0.05)
    assert 50 < found.freedom < 100


def test_a_client_of_both_sides_is_compared_with_itself() -> None:
    """However much clients differ, and whatever each has of the connections, what is the same is the same."""
    a = drawn(1, 600, alike=1.0)
    own = a.rtt_ns.copy()
    for client in set(a.client.tolist()):
        own[a.client == client] = own[a.client == client][0]
    busier = np.random.default_rng(2).integers(0, 600, 600)
    a = replace(a, rtt_ns=own)

    found = estimated(a, replace(a, client=a.client[busier], rtt_ns=own[busier] * 2))

    assert found.raw == pytest.approx(np.log(2))
    assert found.error < 1e-6


def estimated(a: Side, b: Side, name: str = "rtt") -> Estimate:
    found = next(
        estimate(measure, *values, clusters_of(a, b)) for measure, *values in measures_of(a, b) if measure.name == name
    )
    assert found is not None
    return found


def test_quantiles_have_the_error_of_their_clients() -> None:
    """Of independent values the error of a 90 % quantile is known: here of the times of a lognormal."""
    count = 4_000
    each = [str(one) for one in range(count)]
    a, b = (
        replace(drawn(seed, count), client=np.array(each, object) + letter) for seed, letter in ((1, "a"), (2, "b"))
    )
    draw = np.random.default_rng(3)
    a, b = (replace(side, rtt_ns=(MS * np.exp(draw.normal(3, 1, count))).astype(np.int64)) for side in (a, b))

    found = estimated(a, b, "rtt:p90")

    assert found.a == pytest.approx(np.quantile(a.rtt_ns, 0.9) / 1e9, rel=0.01)
    density = NormalDist().pdf(NormalDist().inv_cdf(0.9))
    assert found.error == pytest.approx(np.sqrt(2 * 0.9 * 0.1 / count) / density, rel=0.15)


def test_few_clients_are_cut_into_pieces_of_a_time() -> None:
    a, b = drawn(1, clients=1), drawn(2, clients=1)

    clusters = clusters_of(a, b)

    assert clusters.are_pieces
    assert (np.diff(clusters.of_a[np.argsort(a.began_ns, kind="stable")]) >= 0).all()
    assert np.bincount(clusters.of_a).max() <= 400 / 16
    assert not set(clusters.of_a.tolist()) & set(clusters.of_b.tolist())
    assert not clusters_of(drawn(1), drawn(2)).are_pieces


def test_a_client_counts_as_ten_connections_at_most() -> None:
    a, b = damped([np.array([1e6, 10.0, 0.0, 3.0]), np.array([1e6, 30.0, 7.0, 0.0])])

    assert a[0] == pytest.approx(10, abs=0.01)
    assert a[:2].tolist() == b[:2].tolist(), "of both sides: the same"
    assert (a[2], b[3]) == (0, 0)
    assert a[3] == pytest.approx(3 / 1.3)


def test_freedom_is_that_of_paired_and_of_unpaired_clients() -> None:
    half = np.repeat([0.1, 0.0], 10), np.repeat([0.0, 0.1], 10)

    assert freedom_of([half[0], half[0]]) == pytest.approx(9)
    assert freedom_of([*half]) == pytest.approx(19)
    assert freedom_of([np.array([0.9, 0.05, 0.05])] * 2) < 0.1, "one that has all counts once"
