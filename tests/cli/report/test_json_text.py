"""JSON as a report writes it: exact times, safe strings."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from tcptui.cli.report.json_text import Seconds, seconds, to_json


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "0.0"), (1, "0.000000001"), (-1, "-0.000000001"), (1_700_000_000_123_456_789, "1700000000.123456789")],
)
def test_seconds_are_written_digit_for_digit(ns: int, text: str) -> None:
    assert to_json({"at": Seconds(ns)}) == f'{{"at": {text}}}'


def test_json_strings_are_safe_for_a_terminal_and_keep_their_language() -> None:
    assert to_json(["连接", "\x1b]0;x\x07", True, None, 1.5, (1, 2)]) == '["连接", "␛]0;x␇", true, null, 1.5, [1, 2]]'


def test_not_a_number_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(float("nan"))


def test_seconds_are_those_of_the_whole_number_wherever_the_short_way_begins_and_ends() -> None:
    chance = Random(5)
    edges = [edge + step for edge in (100_000, 1_000_000_000, 10**15) for step in (-1, 0, 1)]
    for ns in [*edges, *(chance.randrange(10 ** chance.randint(1, 19)) for _ in range(3_000))]:
        assert Decimal(seconds(ns)) == Decimal(ns).scaleb(-9)
        assert seconds(ns) == f"{ns // 10**9}.{ns % 10**9:09d}".rstrip("0") + "0" * (ns % 10**9 == 0)
