"""``tcptui compare --json``: one object, schema 1 (architecture.md#contracts)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.cli.report.json_text import to_json
from tcptui.words.compared_text import caution_line

if TYPE_CHECKING:
    from tcptui.compare.compare import Comparison, Difference, Only
    from tcptui.compare.differences import Effect
    from tcptui.compare.measures import Measure
    from tcptui.compare.side import Side
    from tcptui.words.catalogue import Words


def compared_as_json(comparison: Comparison, words: Words) -> str:
    """All that ``comparison`` says."""
    return to_json({
        "schema": 1,
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "comparable": comparison.is_comparable,
        "cautions": [
            {"id": caution.doubt.value, "text": caution_line(caution, words)} for caution in comparison.cautions
        ],
        "compared": comparison.compared,
        "confidence": comparison.confidence,
        "differences": [_difference(one) for one in comparison.differences],
        "unchanged": [_difference(one) for one in comparison.unchanged],
        "undecided": [_difference(one) for one in comparison.undecided],
        "only_in_b": [_only(one) for one in comparison.only_in_b],
        "only_in_a": [_only(one) for one in comparison.only_in_a],
    })  # fmt: skip


def _side(side: Side) -> dict[str, object]:
    return {"files": list(side.about.files), "connections": len(side), "clients": len(set(side.client.tolist()))}


def _difference(one: Difference) -> dict[str, object]:
    group = None if one.group is None else {"field": one.group.field, "value": one.group.value}
    return {
        "measure": one.measure.name, "group": group, "a": one.a, "b": one.b,
        "effect": _effect(one.measure, one.effect), "worse": one.worse,
        "adjusted": None if one.adjusted is None else _effect(one.measure, one.adjusted),
        "streams_a": list(one.streams_a), "streams_b": list(one.streams_b),
    }  # fmt: skip


def _effect(measure: Measure, effect: Effect) -> dict[str, object]:
    return {"estimate": effect.estimate, "low": effect.low, "high": effect.high, "unit": measure.scale.value}


def _only(one: Only) -> dict[str, object]:
    return {
        "kind": one.kind, "name": one.name, "count": one.count, "of": one.of, "sure": one.is_sure,
        "streams": list(one.streams),
    }  # fmt: skip
