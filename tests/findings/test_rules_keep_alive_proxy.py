"""Keep-alives that somebody else answers in an end's name: the distance shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traced import Told

    Tell = Callable[[Sequence[str]], Told]

VANISHED = [f"{9000 + ms} C PA 51 51 60" for ms in (0, 240, 500, 1000, 2000, 4000)]


def probed(answer_ttl: int, own_ttl: int = 58, probes: int = 3, every_ms: float = 2000) -> list[str]:
    """A request, its answer, then keep-alives of the client every two seconds, seen at the client."""
    lines = [
        "0 C S 0 0", f"20 S SA 0 1 ttl={own_ttl}", "20.1 C A 1 1", "21 C PA 1 1 50", f"41 S A 1 51 ttl={own_ttl}",
        f"42 S PA 1 51 50 ttl={own_ttl}", "42.1 C A 51 51",
    ]  # fmt: skip
    for probe in range(1, probes + 1):
        ms = 42 + every_ms * probe
        lines += [f"{ms} C A 50 51", f"{ms + 10} S A 51 51 ttl={answer_ttl}"]
    return lines


@pytest.mark.finding("keep-alive")
@pytest.mark.parametrize("answer_ttl", [126, 60, 55])
@pytest.mark.parametrize(("after", "severity"), [([], Severity.NOTE), (VANISHED, Severity.WARNING)])
def test_answers_from_another_distance_are_somebody_elses(
    told: Tell, answer_ttl: int, after: list[str], severity: Severity
) -> None:
    finding = told([*probed(answer_ttl), *after]).findings["keep-alive"]

    assert (finding.facts["shape"], finding.severity) == ("proxied", severity)
    assert (finding.facts["own_ttl"], finding.facts["answer_ttl"]) == (58, answer_ttl)
    assert finding.alternatives == ("answers-for-it", "path-changed")


@pytest.mark.finding("keep-alive")
@pytest.mark.parametrize(
    "lines",
    [
        probed(58),
        probed(57),  # one hop: a route that changed
        probed(126, probes=1),
        [*probed(126), "9000 S PA 51 51 9 ttl=126", "9000.1 C A 51 60"],  # the route changed, for its data, too
        [*probed(58, probes=3), "8042 C A 50 51", "8052 S A 51 51 ttl=126"],  # one odd answer among others
    ],
)
def test_answers_from_the_same_place_are_healthy(told: Tell, lines: list[str]) -> None:
    finding = told(lines).findings["keep-alive"]

    assert (finding.facts["shape"], finding.severity, finding.alternatives) == ("", Severity.NOTE, ())
