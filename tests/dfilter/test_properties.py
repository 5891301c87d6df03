"""Whatever the text: only the filter's own error, in bounded time; and a printed filter is the same filter."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import pytest
from dfilter_grammar import filters
from hypothesis import HealthCheck, example, given, settings
from hypothesis import seed as drawn_from
from hypothesis import strategies as st
from seeds import SEED_VARIABLE, seed
from sharkd import MOST_CHARACTERS, Sharkd, SharkdCrashedError

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.lexer import MAXIMUM_DEPTH, MAXIMUM_LENGTH
from tcptui.dfilter.printing import written
from tcptui.dfilter.remarks import RemarkKey

if TYPE_CHECKING:
    from tcptui.dfilter.compile import Compiled

LATER_KEYS: Final = {RemarkKey.LATER, RemarkKey.LATER_FIELD, RemarkKey.LATER_CONSTANT}
#: Pieces that mean something in the language, in any order.
PIECES: Final = st.sampled_from([
    "tcp", "tcp.port", "ip.src", "http.host", "frame", "tcp.flags.syn", "frame.time", "eth.src", "80", "10.0.0.1",
    "::1",
    '"a"', 'r"\\d"', "'a'", "01:02", "==", "!=", "===", "contains", "matches", "in", "not", "and", "or", "xor",
    "any", "all",
    "(", ")", "{", "}", "[0]", "[1:2,3-4]", "#1", "#[1-2]", ",", "..", "&", "+", "-", "*", "/", "%", "len", "max",
    "abs",
    "@", "$", "~", "!", ".", "foo", "port", "host", '"', "'", "[", "#", "\\", "é", "\0", "\ud800",
])  # fmt: skip
JUMBLE: Final = st.lists(st.tuples(PIECES, st.sampled_from(["", " "])), max_size=20).map(
    lambda pieces: "".join(part for piece in pieces for part in piece)
)


def compiled(text: str) -> Compiled | FilterError:
    try:
        return compile_filter(text)
    except FilterError as error:
        return error


@given(st.one_of(st.text(max_size=60), JUMBLE))
@example('http.host == "\ud800"')
@example("tcp[")
@example("'\\")
@settings(max_examples=300)
def test_nothing_but_the_filters_own_error_is_raised(text: str) -> None:
    answer = compiled(text)

    if isinstance(answer, FilterError):
        assert 0 <= answer.span.offset <= answer.span.end <= len(text)
    else:
        assert compile_filter(written(answer.test)).test == answer.test


@given(filters())
@example('icmpv6.opt.linkaddr contains "a"')
@example('icmpv6.opt.linkaddr in {"ab", 61:62:63:64:65:66}')
@settings(max_examples=300)
def test_printing_and_compiling_again_gives_the_same(text: str) -> None:
    answer = compiled(text)

    if not isinstance(answer, FilterError):
        printed = written(answer.test)
        again = compile_filter(printed)
        assert again.test == answer.test
        assert written(again.test) == printed


HOSTILE: Final = {
    "a filter of 100 kB": ("tcp or " * 14_286 + "tcp", Mistake.TOO_LONG),
    "a string of 100 kB": (f'http.host == "{"a" * 100_000}"', Mistake.TOO_LONG),
    "10,000 parentheses": ("(" * 10_000 + "tcp" + ")" * 10_000, Mistake.TOO_DEEP),
    "10,000 braces": ("{" * 10_000 + "tcp" + "}" * 10_000, Mistake.TOO_DEEP),
    "10,000 calls": ("max(" * 10_000 + "tcp.port", Mistake.TOO_DEEP),
    "10,000 sums": ("tcp.port == " + "1 + " * 10_000 + "1", Mistake.TOO_DEEP),
    "10,000 slices": ("eth" + "[0]" * 10_000, Mistake.TOO_DEEP),
    "a regex of 10,000 groups": (f'tcp matches "{"(" * 10_000}{")" * 10_000}"', Mistake.PATTERN_UNSUPPORTED),
    "a regex of a million repeats": ('tcp matches "a{1000000}"', Mistake.PATTERN_UNSUPPORTED),
    "a number of 50,000 digits": ("tcp.port == " + "9" * 50_000, Mistake.VALUE),
    "a time of 50,000 digits": ("frame.time_delta > " + "9" * 50_000, None),
    "a range of 50,000 digits": ("eth[" + "9" * 50_000 + "]", Mistake.RANGE),
    "a prefix of 50,000 digits": ("ip.src == 10.0.0.1/" + "9" * 50_000, Mistake.UNEXPECTED),
    "a name of 60,000 letters": ("a" * 60_000, Mistake.UNKNOWN_FIELD),
    "10,000 nots": ("!" * 10_000 + "tcp", None),
    "10,000 alternatives": (" || ".join(["udp"] * 9_000), None),
    "a set of 20,000": ("tcp.port in {" + ",".join(["1"] * 20_000) + "}", None),
    "a slice of 20,000": ("eth[" + ",".join(["1"] * 20_000) + "] == 01", None),
    "2,400 traps": (" or ".join(f"ip.addr != 10.0.0.{one % 250}" for one in range(2_400)), None),
    "a regex that backtracks for ever": ('http.host matches "(a+)+$"', None),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_filter_is_one_clear_mistake_or_right(name: str) -> None:
    text, mistake = HOSTILE[name]
    depth = sys.getrecursionlimit()

    answer = compiled(text)

    assert sys.getrecursionlimit() == depth
    assert (answer.mistake if isinstance(answer, FilterError) else None) is mistake


def test_depth_that_tshark_takes_is_taken_and_no_more() -> None:
    assert compile_filter("(" * MAXIMUM_DEPTH + "tcp" + ")" * MAXIMUM_DEPTH) == compile_filter(
        "(" * MAXIMUM_DEPTH + "tcp" + ")" * MAXIMUM_DEPTH
    )
    assert isinstance(compiled("(" * (MAXIMUM_DEPTH + 1) + "tcp" + ")" * (MAXIMUM_DEPTH + 1)), FilterError)
    assert not isinstance(compiled("tcp".ljust(MAXIMUM_LENGTH)), FilterError)
    assert isinstance(compiled("tcp".ljust(MAXIMUM_LENGTH + 1)), FilterError)


@pytest.mark.tshark
def test_generated_filters_are_taken_or_refused_as_sharkd_does() -> None:
    """Sentences of the grammar, right and wrong: sharkd and we say the same, but for what is ours by design."""
    ours = {Mistake.FOREIGN_FIELD, Mistake.REFERENCE, Mistake.PATTERN_UNSUPPORTED}
    tried = taken = 0
    number = seed(1)
    print(f"{SEED_VARIABLE}={number}")

    with Sharkd() as sharkd:

        @drawn_from(number)
        @given(filters())
        @settings(max_examples=1_200, database=None, suppress_health_check=list(HealthCheck))
        def same(text: str) -> None:
            nonlocal tried, taken
            answer = compiled(text)
            if len(text) > MOST_CHARACTERS or (isinstance(answer, FilterError) and answer.mistake in ours):
                return
            try:
                refused = sharkd.refuses(text)
            except SharkdCrashedError:
                return
            tried += 1
            taken += refused is None
            if isinstance(answer, FilterError):
                assert refused is not None, (text, answer.key, answer.facts)
            elif not {remark.key for remark in answer.remarks} & LATER_KEYS:
                assert refused is None, (text, refused)

        same()

    assert tried > 1_000
    assert tried // 10 < taken < tried
