"""Regular expressions: Python's find what PCRE2's do, or the pattern is refused."""

from __future__ import annotations

import re

import pytest

from tcptui.dfilter.regex import MAXIMUM_DEPTH, PatternError, Refusal, compile_pattern


@pytest.mark.parametrize(("pattern", "found", "not_found"), [
    (r"get", b"GET /", b"PUT"), (r"(?-i)get", b"get", b"GET"), (r"a(?i)b|c", b"C", b"x"),
    (r"(?-i)a(?i)B|c", b"aB", b"AB"),
    (r"[[:alpha:]]+1", b"ab1", b"21"), (r"[[:^digit:]]", b"a", b"12"), (r"\x41\x{42}", b"ab", b"b"),
    (r"\101", b"a", b"1"),
    (r"\Qa.b\E+", b"A.BB", b"axb"), (r"(?<n>a)\k<n>", b"aa", b"ab"), (r"(a)\g{1}", b"aa", b"ab"),
    (r"a{,3}", b"a{,3}", b"aaa"),
    (r"\h\H", b"\tx", b"xx"), (r"a\Rb", b"a\r\nb", b"a b"), (r"a\Z", b"a\n", b"ab"), (r"a\z", b"a", b"a\n"),
    (r"a\Kb", b"ab", b"a"),
    (r"^a", b"ab", b"\na"), (r"a.b", b"axb", b"a\nb"), (r"(?s)a.b", b"a\nb", b"ab"), (r"(?x) a b # c", b"ab", b"a b"),
    (r"[]a]", b"]", b"b"), (r"[a&&b]", b"&", b"c"), (r"[\]a-]", b"-", b"b"), (r"[--a]", b"-", b"~"),
    (r"[+--]", b"-", b"b"), (r"\Aa", b"ab", b"ba"),
    (r"(?>a+)a", b"x", b"aaa"),
    (r"(a)(?(1)b|c)", b"ab", b"ac"), ("\xe9", b"\xe9", b"e"), (r"(?#c)a", b"a", b"b"), (r"\cA", b"\x01", b"A"),
])  # fmt: skip
def test_pattern_finds_what_pcre_finds(pattern: str, found: bytes, not_found: bytes) -> None:
    compiled = compile_pattern(pattern.encode("latin-1"))

    assert (compiled.search(found) is not None) == (pattern != r"(?>a+)a")
    assert compiled.search(not_found) is None


@pytest.mark.parametrize("pattern", ["(", ")", "a**", "*a", "[z-a]", "[a", r"a\\"[:2], "[[:foo:]]", r"\8", r"\k<none>"])
def test_wrong_pattern_is_called_wrong(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern.encode())


@pytest.mark.parametrize(
    "pattern", [r"(?R)", r"(?|a|b)", r"\p{L}", r"\X", r"(?<=a|bc)d", r"a{2}{3}", r"(*UTF)a", r"(?P>n)"]
)
def test_what_python_cannot_do_is_refused_and_not_guessed(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern.encode())

    assert caught.value.refusal is Refusal.UNSUPPORTED


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 5_000,
        "(?i)" * 1_000,
        "a{70000}",
        "a" * 5_000,
        "(" * (MAXIMUM_DEPTH + 1),
        "((a{100}){100}){100}",
        r"(?:\Qaaaaaaaaaa\E){60000}",
        "(?:(?:[ab]|cd){60,}x){9000}",
    ],
)
def test_pattern_that_is_too_large_is_refused_before_it_is_compiled(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern.encode())

    assert caught.value.refusal is Refusal.TOO_LARGE


def test_case_does_not_matter_for_ascii_only() -> None:
    assert compile_pattern("É".encode("latin-1")).search("é".encode("latin-1")) is None
    assert compile_pattern(b"a").flags & re.IGNORECASE
