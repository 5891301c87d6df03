"""Amounts in words: units that fit, separators, nouns in the right number."""

from __future__ import annotations

import pytest

from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.quantities import Count, duration, frames

EN, ZH = Words(Language.EN), Words(Language.ZH)


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0.0, "0 s", "0 秒"),
        (0.0000005, "0.5 µs", "0.5 微秒"),
        (0.000085, "85 µs", "85 微秒"),
        (0.0009996, "1 ms", "1 毫秒"),
        (0.0383, "38.3 ms", "38.3 毫秒"),
        (0.244, "244 ms", "244 毫秒"),
        (0.99960, "1 s", "1 秒"),
        (1.204, "1.2 s", "1.2 秒"),
        (65.08, "65.1 s", "65.1 秒"),
        (1467.0, "24.4 min", "24.4 分钟"),
        (1467949.5, "17 days", "17 天"),
        (-0.002, "-2 ms", "-2 毫秒"),
    ],
)
def test_duration_has_three_digits_and_the_fitting_unit(seconds: float, english: str, chinese: str) -> None:
    assert duration(seconds, EN) == english
    assert duration(seconds, ZH) == chinese


def test_count_takes_the_noun_in_its_number() -> None:
    assert f"{Count(1):packet|packets}" == "1 packet"
    assert f"{Count(0):packet|packets}" == "0 packets"
    assert f"{Count(12345):packet|packets}" == "12,345 packets"


def test_count_alone_has_separators() -> None:
    assert f"{Count(1234567)}" == "1,234,567"


def test_long_frame_lists_keep_their_end() -> None:
    assert frames((1, 2, 3), EN) == "1, 2, 3"
    assert frames((1, 2, 3), ZH) == "1、2、3"
    assert frames(tuple(range(1, 11)), EN) == "1, 2, 3, 4, 5 … 10"
