from __future__ import annotations

import pytest

from tcptui.dfilter.typed import beginning_fields, is_beginning, is_filter, is_mistaken_field, plain_words


@pytest.mark.parametrize(
    "text",
    [
        "tcp", "http", "not tcp", "!tcp", "!(tcp.port in {80})", "( tcp.flags.syn", "not not ip", "tcp.port == 80",
        "tcp.prt == 80", "10.0.0.1 and 80", "a contains b", "x matches \"y\"", "any tcp.port > 3", "src = 1 or 2",
        "tcp port 80", "tcp[13] == 2", "frame.number<3", "tcp.stream eq 0",
    ],
)  # fmt: skip
def test_operator_or_field_in_front_makes_a_filter(text: str) -> None:
    assert is_filter(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "10.0.0.1", "10.0.0.1 :80", "[::1]:80", "time-wait", "rst", "and", "or else", "port 80",
        "host 10.0.0.1", "'tcp",
        "  'tcp.port == 80", '"a == b"', '"tcp and', "tcpdump", "no tcp", "10.0.0.0/24", "android", "!", "!no",
        "in", "'", "(rst)", "2 * 3",
    ],
)  # fmt: skip
def test_everything_else_is_words(text: str) -> None:
    assert not is_filter(text)


def test_the_quote_that_forces_words_is_none_of_them() -> None:
    assert plain_words(" 'tcp.port == 80") == "tcp.port == 80"
    assert plain_words("it's") == "it's"


def test_beginning_of_a_dotted_name_may_become_a_filter() -> None:
    assert is_beginning("tcp.po")
    assert is_beginning("!(tcp.fl")
    assert beginning_fields("tcp.por")[0] == "tcp.port"
    for text in ("tc", "10.0.0.1", "tcp.po x", "'tcp.po", "a.b", "", "tcp.port =="):
        assert not is_beginning(text)


def test_name_that_only_a_protocol_of_ours_begins_may_become_a_filter_as_well() -> None:
    for text in ("tcp.prot", "!(http.metod", "not tcp.prot "):
        assert is_beginning(text)
        assert is_mistaken_field(text)
    for text in ("tcp.po", "tcp.prot x", "'tcp.prot", "www.prot", "tcp", ""):
        assert not is_mistaken_field(text)
