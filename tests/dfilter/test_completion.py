from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.completion import (
    Wanted,
    begin_with,
    common_beginning,
    fields,
    literal,
    operators,
    place_at_end,
    quoted,
)
from tcptui.dfilter.errors import FilterError
from tcptui.model.field import FieldType
from tcptui.model.fields import FIELDS


@pytest.mark.parametrize(
    ("text", "wanted", "word", "field"),
    [
        ("", Wanted.FIELD, "", None),
        ("tcp.po", Wanted.FIELD, "tcp.po", None),
        ("not (tc", Wanted.FIELD, "tc", None),
        ("!tc", Wanted.FIELD, "tc", None),
        ("tcp.port ", Wanted.OPERATOR, "", "tcp.port"),
        ("tcp.port =", Wanted.OPERATOR, "=", "tcp.port"),
        ("tcp.port ==", Wanted.OPERATOR, "==", "tcp.port"),
        ("tcp.port con", Wanted.OPERATOR, "con", "tcp.port"),
        ("tcp.port == ", Wanted.VALUE, "", "tcp.port"),
        ("tcp.port == 8", Wanted.VALUE, "8", "tcp.port"),
        ("tcp.port==8", Wanted.VALUE, "8", "tcp.port"),
        ("tcp.port in {", Wanted.VALUE, "", "tcp.port"),
        ("tcp.port in {80, 4", Wanted.VALUE, "4", "tcp.port"),
        ("tcp.port in {80} ", Wanted.JOIN, "", "tcp.port"),
        ('http.host contains "a b" ', Wanted.JOIN, "", "http.host"),
        ('http.host == "a b', Wanted.VALUE, '"a b', "http.host"),
        ("tcp.port == 80 a", Wanted.JOIN, "a", "tcp.port"),
        ("tcp.port == 80 and ip.", Wanted.FIELD, "ip.", None),
        ("(tcp.port == 80) ", Wanted.JOIN, "", "tcp.port"),
        ("tcp.port == 80 && not udp.po", Wanted.FIELD, "udp.po", None),
        ("tcp[13:1] ", Wanted.OPERATOR, "", "tcp"),
        ("no.such ", Wanted.OPERATOR, "", None),
    ],
)
def test_what_may_stand_at_the_end(text: str, wanted: Wanted, word: str, field: str | None) -> None:
    place = place_at_end(text)

    assert (place.wanted, place.word, place.field and place.field.name) == (wanted, word, field)
    assert text[place.start :] == word


@given(st.text(max_size=40))
def test_any_text_has_an_end(text: str) -> None:
    place = place_at_end(text)
    assert text[place.start :] == place.word


def test_operators_that_are_offered_are_accepted() -> None:
    for name, operator in ((name, operator) for name, field in FIELDS.items() for operator in operators(field)):
        if operator in ("and", "or"):
            compile_filter(f"{name} {operator} tcp")
        else:
            with pytest.raises(FilterError) as caught:
                compile_filter(f"{name} {operator}")
            assert caught.value.mistake.value in ("unexpected-end", "bracket-open", "unexpected"), (name, operator)


def test_nothing_is_offered_behind_what_is_no_field() -> None:
    assert operators(None) == []


def test_fields_one_level_down_come_first() -> None:
    found = fields("tcp.")
    assert found[0] == min(name for name in FIELDS if name.startswith("tcp.") and name.count(".") == 1)
    assert found.index("tcp.port") < found.index("tcp.analysis.retransmission")
    assert fields("nothing.like.this") == []


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_quoted_text_is_one_string_of_the_language(text: str) -> None:
    compiled = compile_filter(f"http.host == {quoted(text)}")
    assert compiled.test.right.value == text.encode()  # type: ignore[union-attr]


def test_values_are_written_as_a_filter_reads_them() -> None:
    assert literal(FieldType.UINT16, "80") == "80"
    assert literal(FieldType.STRING, 'a"b') == r'"a\"b"'
    assert literal(FieldType.BYTES, "0a1b") == "0a:1b"
    assert literal(FieldType.BYTES, "") is None
    assert literal(FieldType.PROTOCOL, "00") is None


def test_string_may_be_begun_without_its_quote() -> None:
    assert begin_with("GE", ['"GET"', '"POST"', "GE"]) == ['"GET"', "GE"]
    assert common_beginning(["tcp.flags", "tcp.flags.syn", "tcp.flags.fin"]) == "tcp.flags"
    assert common_beginning(["a", "b"]) == ""
