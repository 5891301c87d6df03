"""What a comparison says: its sides, cautions and differences as sentences, for text, JSON and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.compare.cautions import Doubt
from tcptui.compare.measures import OFFERED, Kind, Scale
from tcptui.model.safe_text import safe_text
from tcptui.words.finding_text import finding_name
from tcptui.words.quantities import Count, clock_time, duration, percentage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.compare.cautions import Caution
    from tcptui.compare.compare import Comparison, Difference, Only
    from tcptui.compare.differences import Effect
    from tcptui.compare.measures import Measure
    from tcptui.compare.side import Side
    from tcptui.words.catalogue import Words

#: Connections that are named of each side.
_NAMED: Final = 5
_MBIT: Final = 8e-6


class Section(NamedTuple):
    """Differences under one heading."""

    heading: str
    differences: tuple[Difference, ...]


def side_line(letter: str, side: Side, words: Words) -> str:
    """What a side is made of, and when."""
    files = safe_text(", ".join(side.about.files))
    count, clients = Count(len(side)), Count(len(set(side.client.tolist())))
    if not len(side):
        return words("compare.side.empty", letter=letter, files=files)
    times = (int(side.began_ns.min()), int(side.began_ns.max()))
    first, last = (clock_time(time) for time in times)
    return words(
        "compare.side", letter=letter, files=files, count=count, clients=clients, first=first, last=last,
    )  # fmt: skip


def caution_line(caution: Caution, words: Words) -> str:
    """Why care is needed, and what to do."""
    return words(f"compare.caution.{caution.doubt.value}", a=_fact(caution, caution.a, words),
                 b=_fact(caution, caution.b, words))  # fmt: skip


def _fact(caution: Caution, value: float | str, words: Words) -> object:
    if isinstance(value, str):
        return words(f"compare.point.{value}") if value else ""
    match caution.doubt:
        case Doubt.HOURS | Doubt.WEEKDAY:
            return clock_time(int(value))
        case Doubt.LENGTH:
            return duration(value, words)
        case Doubt.FEW | Doubt.CLIENTS | Doubt.BOTH | Doubt.GROUPS:
            return Count(int(value))
        case _:
            return percentage(100 * value, words, digits=1)


def summary_line(comparison: Comparison, words: Words) -> str:
    """How many comparisons were made, and what the intervals mean."""
    if not comparison.compared:
        return words("compare.nothing")
    sure = percentage(100 * comparison.confidence, words, digits=2 if comparison.confidence > 0.99 else 0)
    key = "compare.summary" if comparison.differences else "compare.same"
    if comparison.undecided:
        key = "compare.summary.undecided"
    return words(key, count=Count(comparison.compared), sure=sure)


def sections(comparison: Comparison, words: Words) -> Iterator[Section]:
    """The differences by which side is worse."""
    for side in ("b", "a", "unclear"):
        mine = tuple(one for one in comparison.differences if one.worse == side)
        if mine:
            yield Section(words(f"compare.worse.{side}"), mine)
    if comparison.undecided:
        yield Section(words("compare.undecided"), comparison.undecided)
    if comparison.unchanged:
        yield Section(words("compare.unchanged"), comparison.unchanged)


def difference_line(one: Difference, words: Words) -> str:
    """The effect, its interval, and what both sides have."""
    name = measure_name(one.measure, words)
    if one.group is not None:
        name = words("compare.in-group", name=name, field=one.group.field, value=one.group.value or "-")
    effect = one.effect
    shown = {
        "a": _value(one.measure, one.a, words),
        "b": _value(one.measure, one.b, words),
        **_ends(one.measure, effect, words),
    }
    return words(f"compare.effect.{one.measure.scale.value}", name=name, **shown)


def notes_of(one: Difference, words: Words) -> Iterator[str]:
    """What else is to be said of a difference: what is left with one mixture of servers, and the connections."""
    if one.adjusted is not None:
        key = "compare.mixture.gone" if one.is_of_mixture else "compare.mixture.stays"
        yield words(key, **_ends(one.measure, one.adjusted, words))
    if one.streams_a or one.streams_b:
        yield words("compare.streams", a=_numbers(one.streams_a), b=_numbers(one.streams_b))


def only_line(one: Only, words: Words) -> str:
    """Something that one side alone has."""
    name = one.name
    if one.kind == "finding" and one.finding is not None:
        name = finding_name(one.finding, words)
    elif one.kind == "option":
        name = words(f"compare.option.{one.name}")
    key = f"compare.only.{one.kind}"
    line = words(key, name=name, count=Count(one.count), of=Count(one.of), streams=_numbers(one.streams))
    return line if one.is_sure is not False else words("compare.only.unsure", line=line)


def measure_name(measure: Measure, words: Words) -> str:
    """What is compared."""
    detail = measure.detail
    match measure.kind:
        case Kind.FINDING if measure.finding is not None:
            detail = finding_name(measure.finding, words)
        case Kind.OPTION if "=" not in detail:
            plain = detail.removesuffix(OFFERED)
            key = "compare.measure.option.offered" if plain != detail else "compare.measure.option"
            return words(key, detail=words(f"compare.option.{plain}"))
        case Kind.OPTION:
            return words("compare.measure.mss", size=detail.partition("=")[2])
        case Kind.LOSS if detail:
            return words("compare.measure.loss.cause", detail=words(f"compare.cause.{detail}"))
    key = f"compare.measure.{measure.kind.value}"
    name = words(key, detail=detail)
    return words("compare.tail", name=name) if measure.is_tail else name


def _value(measure: Measure, value: float, words: Words) -> str:
    if measure.scale is Scale.PER_1000:
        return _plain(value)
    if measure.kind is Kind.THROUGHPUT:
        return words("compare.rate", n=f"{value * _MBIT:.3g}")
    return duration(value, words)


def _ends(measure: Measure, effect: Effect, words: Words) -> dict[str, str]:
    numbers = {"effect": effect.estimate, "low": effect.low, "high": effect.high}
    match measure.scale:
        case Scale.RATIO:
            return {name: f"{number:.2f}" for name, number in numbers.items()}
        case Scale.SECONDS:
            return {name: _signed(duration(number, words)) for name, number in numbers.items()}
        case Scale.PER_1000:
            return {name: _signed(_plain(number)) for name, number in numbers.items()}


def _plain(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def _signed(text: str) -> str:
    return text.replace("-", "−", 1) if text.startswith("-") else f"+{text}"


def _numbers(streams: tuple[int, ...]) -> str:
    if not streams:
        return "-"
    return ", ".join(map(str, streams[:_NAMED])) + (" …" if len(streams) > _NAMED else "")
