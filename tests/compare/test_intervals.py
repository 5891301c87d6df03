"""The statistics by themselves: Student's distribution, the choice among many, resampling."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.compare.intervals import RATE, doubt, reach, selected
from tcptui.compare.resampling import clusters_of, effective_number, quantiles
from tests.compare.sides import drawn


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


def test_quantiles_are_those_of_the_values() -> None:
    values = np.random.default_rng(3).lognormal(0, 1, 5_000)
    weights = np.ones((1, 50), np.float32)
    cluster = np.arange(5_000) % 50

    for share in (0.5, 0.9):
        found = quantiles(values, cluster, np.ones(5_000), weights, share)
        assert found[0] == pytest.approx(np.quantile(values, share), rel=0.01)
    few = quantiles(values[:21], cluster[:21], np.ones(21), weights, 0.5)
    assert few[0] == pytest.approx(np.median(values[:21]))


def test_a_cluster_that_is_not_drawn_has_no_values() -> None:
    weights = np.array([[1, 1], [0, 3]], np.float32)

    found = quantiles(np.array([1.0, 2.0]), np.array([0, 0]), np.ones(2), weights, 0.5)

    assert found[0] == pytest.approx(1.5)
    assert np.isnan(found[1])


def test_clients_are_drawn_whole_and_for_both_sides_at_once() -> None:
    a, b = drawn(1), drawn(2)

    clusters = clusters_of(a, b)

    assert not clusters.are_pieces
    named = {*zip(a.client.tolist(), clusters.of_a.tolist(), strict=True)}
    assert named | {*zip(b.client.tolist(), clusters.of_b.tolist(), strict=True)} == named
    assert (clusters.weights[0] == 1).all()


def test_few_clients_are_cut_into_pieces_of_a_time() -> None:
    a, b = drawn(1, clients=1), drawn(2, clients=1)

    clusters = clusters_of(a, b)

    assert clusters.are_pieces
    assert (np.diff(clusters.of_a[np.argsort(a.began_ns, kind="stable")]) >= 0).all()
    assert np.bincount(clusters.of_a).max() <= 400 / 16
    assert not set(clusters.of_a.tolist()) & set(clusters.of_b.tolist())


def test_one_that_has_all_counts_once() -> None:
    assert effective_number(np.array([10, 10, 10])) == pytest.approx(3)
    assert effective_number(np.array([1_000, 1, 1])) < 1.01
    assert effective_number(np.zeros(2)) == 0
