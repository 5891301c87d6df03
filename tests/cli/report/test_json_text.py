"""Numbers in a report."""

from __future__ import annotations

import pytest

from tcptui.cli.report.link_names import link_name
from tcptui.cli.report.numbers import NO_BREAK, Seconds, byte_size, clock_time, duration, to_json
from tcptui.wire.link.types import LINK_LAYERS
from tcptui.words.catalogue import Words
from tcptui.words.language import Language


@pytest.mark.parametrize(("time_ns", "text"), [(92_000, "92 us"), (38_123_000, "38.1 ms"), (1_200_000_000, "1.2 s")])
def test_durations_carry_their_unit_and_stay_on_one_line(time_ns: int, text: str) -> None:
    said = duration(time_ns, Words(Language.EN))
    assert said.replace("µ", "u") == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 20, "3.0 MiB"), (5 << 50, "5120.0 TiB")]
)
def test_sizes_carry_their_unit(value: int, text: str) -> None:
    assert byte_size(value) == text.replace(" ", NO_BREAK)


def test_clock_keeps_microseconds_and_survives_a_broken_clock() -> None:
    assert ".000123 +" in clock_time(1_700_000_000_000_123_456) or ".000123 -" in clock_time(1_700_000_000_000_123_456)
    assert clock_time(2**63 - 1)
    assert clock_time(-(2**62))


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


def test_every_link_type_that_is_read_has_a_name() -> None:
    assert {link: link_name(link) for link in LINK_LAYERS if link_name(link) == str(link)} == {}


def test_unknown_link_types_go_by_number() -> None:
    assert (link_name(1), link_name(4711)) == ("ETHERNET", "4711")
