"""Constants: what text is as a value of each type."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from sharkd import Sharkd

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.expression import Comparison, Constant
from tcptui.dfilter.literals import byte_string, number
from tcptui.dfilter.names import value_string
from tcptui.dfilter.times import absolute, relative

if TYPE_CHECKING:
    from collections.abc import Iterator

S = 1_000_000_000


def constant(text: str) -> Constant:
    test = compile_filter(text).test
    assert isinstance(test, Comparison)
    assert isinstance(test.right, Constant)
    return test.right


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("text", "value"), [
    ("0", 0), ("80", 80), ("0120", 80), ("0x1F", 31), ("0b101", 5), ("0b", 0), ("08", None), ("0x", None),
    ("1e3", None),
    ("", None), ("-1", None), ("1" * 100, None),
])  # fmt: skip
def test_number(text: str, value: int | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(("text", "value"), [
    ("01:02", b"\1\2"), ("0102", b"\1\2"), ("01-02.03", b"\1\2\3"), ("1", b"\1"), ("123", b"\x12\x03"),
    ("001", b"\0\1"),
    ("abcde", b"\xab\xcd\x0e"), (":aa", b"\xaa"), ("0x47", b"\x47"), ("0011.2233.4455", b"\x00\x11\x22\x33\x44\x55"),
    ("0x0102", None), ("xy", None), ("01::02", None), ("", b""), ("a.b", b"\x0a\x0b"),
])  # fmt: skip
def test_bytes(text: str, value: bytes | None) -> None:
    assert byte_string(text) == value


@pytest.mark.parametrize(("text", "value"), [
    ("1", S), ("1.5", 1_500_000_000), (".5", 500_000_000), ("-1.5", -1_500_000_000), ("1.1234567890", 1_123_456_789),
    ("1.1234567891", None), ("1e3", None), ("", None), ("1.5abc", 1_500_000_000), ("010", 10 * S),
])  # fmt: skip
def test_time_offset(text: str, value: int | None) -> None:
    assert relative(text) == value


@pytest.mark.parametrize(("text", "value"), [
    ("2023-11-14T22:13:20Z", 1_700_000_000), ("2023-11-14 22:13:20 UTC", 1_700_000_000),
    ("2023-11-14T23:13:20+01:00", 1_700_000_000), ("2023-11-14T21:43:20-0030", 1_700_000_000),
    ("Nov 14, 2023 22:13:20 UTC", 1_700_000_000), ("2023-11-14 22:13Z", 1_699_999_980), ("1970-01-01T00:00:00Z", 0),
    ("2023-02-30 00:00:00 UTC", 1_677_715_200), ("2023-13-01", None), ("abc", None), ("1969-12-31 23:59:59 UTC", None),
    ("0000-01-01T00:00:00Z", -62_167_219_200),
])  # fmt: skip
def test_date(text: str, value: int | None) -> None:
    assert absolute(text) == (None if value is None else value * S)


def test_date_without_a_zone_is_local(new_york: None) -> None:
    assert absolute("2023-11-14 17:13:20") == 1_700_000_000 * S
    assert absolute("2023-11-14T17:13:20.25") == 1_700_000_000 * S + S // 4


def test_constants_are_what_the_field_holds() -> None:
    assert constant("ip.src == 10.0.0.77/24") == Constant(constant("ip.src == 10.0.0.0").type, bytes([10, 0, 0, 0]), 24)
    assert constant("ip.proto == TCP").value == 6
    assert constant('tcp.flags.syn == "Not set"').value == 0
    assert constant("tcp.flags.syn == 2").value == 1
    assert constant("tcp.port == 'a'").value == 97
    assert constant("tcp.port == -1").value == -1
    assert constant("tcp.window_size_scalefactor == -1").value == -1
    assert constant('tcp.payload == "\\x00a"').value == b"\0a"
    assert constant('http.host == r"\\d"').value == b"\\d"


def test_value_strings_are_found_without_regard_to_case() -> None:
    assert value_string("ip.proto", "udp") == value_string("ip.proto", "UDP") == 17
    assert value_string("ip.proto", "nonsense") is None
    assert value_string("tcp.port", "http") is None


@pytest.mark.tshark
def test_dates_are_read_as_sharkd_reads_them() -> None:
    """Every joint of the forms, right and wrong."""
    dates = ("2023-11-14", "2023-02-30", "2023-1-1", "23-11-14", "0000-01-01", "2023-13-01", "2023-11-0", " 2023-11-14")
    clocks = (
        "",
        " ",
        "T22:13",
        " 22:13:20",
        "T22:13:20.5",
        " 22:13:61",
        " 2:3:4,",
        "T24:00",
        " 22",
        "  22:13:20",
        " 22:13:20.",
    )
    zones = ("", "Z", " UTC", "UTC", "+01:00", "-0130", "+1", " Z", "+01:", "x")
    texts = [date + clock + zone for date in dates for clock in clocks for zone in zones]
    with Sharkd() as sharkd:
        differ = [
            text for text in texts
            if (sharkd.refuses(f'frame.time == "{text}"') is None) != (absolute(text) is not None)
        ]  # fmt: skip

    assert differ == []
