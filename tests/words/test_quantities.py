"""Amounts in words: units that fit, separators, nouns in the right number."""

from __future__ import annotations

import pytest

from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.quantities import NO_BREAK, Count, byte_size, clock_time, duration, frames, unbroken_duration

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


@pytest.mark.parametrize(("time_ns", "text"), [(92_000, "92 us"), (38_123_000, "38.1 ms"), (1_200_000_000, "1.2 s")])
def test_unbroken_duration_stays_on_one_line(time_ns: int, text: str) -> None:
    said = unbroken_duration(time_ns, EN)
    assert said.replace("µ", "u") == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1023, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3 << 20, "3.1 MB"),
        (5 << 50, "5629 TB"),
    ],
)
def test_sizes_carry_their_unit(value: int, text: str) -> None:
    assert byte_size(value) == text.replace(" ", NO_BREAK)


def test_clock_keeps_microseconds_and_survives_a_broken_clock() -> None:
    assert ".000123 +" in clock_time(1_700_000_000_000_123_456) or ".000123 -" in clock_time(1_700_000_000_000_123_456)
    assert clock_time(2**63 - 1)
    assert clock_time(-(2**62))


@pytest.mark.parametrize(("count", "noun"), [(1, "1 packet"), (2, "2 packets")])
def test_packets_that_a_capture_missed_agree_with_their_number(count: int, noun: str) -> None:
    facts = {"count": Count(count), "here": "B", "there": "A", "frames": "24"}
    sentence = EN("merged.findings.shown.not-captured", **facts)

    assert sentence == f"A's capture missed {noun} that B has (B: 24)."
