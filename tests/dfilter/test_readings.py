"""What words in front of a list of connections may mean: the table of readings, without a screen."""

from __future__ import annotations

import pytest

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.readings import MOST_READ, Meaning, terms

NAMES = {
    "slow-server": "One server is slow",
    "connection-refused": "Connection refused",
    "first-segment-lost": "The first segment was lost",
    "retransmission": "重传",
}


def meant(text: str) -> dict[str, dict[str, str]]:
    """The readings of each term of ``text``: what it is taken for, and the filter."""
    return {
        term.text: {each.meaning.value: each.filter for each in term.readings} for term in terms(text.split(), NAMES)
    }


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("404", {"404": {"status": 'tcptui.request.status == "404"'}}),
        ("status 500", {"status 500": {"status": 'tcptui.request.status == "500"'}}),
        ("状态 500", {"状态 500": {"status": 'tcptui.request.status == "500"'}}),
        ("/shop", {"/shop": {"request": 'lower(tcptui.request.operation) contains "/shop"'}}),
        ("/4711", {"/4711": {"request": 'lower(tcptui.request.operation) contains "/4711"'}}),
        ("get /slow", {"get /slow": {"request": 'lower(tcptui.request.operation) contains "get /slow"'}}),
        (
            "slow",
            {
                "slow": {
                    "request": 'lower(tcptui.request.operation) contains "slow"',
                    "finding": 'tcptui.finding in {"slow-server"}',
                }
            },
        ),
        ('say"\\', {'say"\\': {"request": 'lower(tcptui.request.operation) contains "say\\"\\\\"'}}),
        ("重传", {"重传": {
            "request": 'lower(tcptui.request.operation) contains "\\xe9\\x87\\x8d\\xe4\\xbc\\xa0"',
            "finding": 'tcptui.finding in {"retransmission"}',
        }}),
        ("status", {"status": {"request": 'lower(tcptui.request.operation) contains "status"'}}),
    ],
)  # fmt: skip
def test_words_are_read_as_what_they_may_mean(text: str, readings: dict[str, dict[str, str]]) -> None:
    assert meant(text) == readings


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1", "10.0.0.0/8", "443", "8080", "50012", ":443", "10.0.0.1:80", "2001:db8::1", "[::1]:443", "/", "a"],
)
def test_what_stands_in_rows_alone_is_asked_of_no_request(text: str) -> None:
    read = meant(text)[text]

    assert set(read) <= {"status"}
    assert bool(read) == (text == "443")


def test_finding_is_named_by_a_beginning_of_its_words_not_by_any_letters_within() -> None:
    assert Meaning.FINDING.value not in meant("rst")["rst"]
    assert meant("refused")["refused"]["finding"] == 'tcptui.finding in {"connection-refused"}'
    assert meant("connection-ref")["connection-ref"]["finding"] == 'tcptui.finding in {"connection-refused"}'


def test_filters_of_all_readings_are_right_whatever_was_typed() -> None:
    texts = ['"', "\\", "}{", "/\x1b]0;x", "é/ü", "in {", "status 404 get /a /b 重", "'" * 40]
    for text in texts:
        for term in terms(text.split(), NAMES):
            for reading in term.readings:
                assert compile_filter(reading.filter).test is not None


def test_only_so_many_terms_are_looked_for_in_requests() -> None:
    found = terms([f"word{number}" for number in range(9)], NAMES)

    assert [bool(term.readings) for term in found] == [True] * MOST_READ + [False] * (9 - MOST_READ)


def test_number_that_may_be_a_status_is_a_whole_number_of_a_row() -> None:
    assert [term.is_number for term in terms(["404", "status", "404", "4711", "/404"], NAMES)] == [
        True, False, False, False,
    ]  # fmt: skip
