"""Regular expressions within bounded time."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.regex import PatternError, compile_pattern
from tcptui.session.filtering import patterns
from tcptui.session.filtering.cancelling import Cancelled, never
from tcptui.session.filtering.patterns import contains, is_harmless, spans

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = compile_pattern(rb"(a|aa)+$")
VICTIM = b"a" * 60 + b"b"


@pytest.fixture
def no_switch_of_threads() -> Iterator[None]:
    """Only a thread that gives the interpreter away lets another one run."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    yield
    sys.setswitchinterval(interval)


class FakeSearch:
    """Stands for what `regex` has compiled: ``costs`` are the thread's seconds of processor time of each search."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *costs: float) -> None:
        self._costs = iter(costs)
        self._now = 0.0
        self.limits: list[float] = []
        """The time limit of each search."""
        monkeypatch.setattr(patterns, "_bounded", lambda _pattern: self)
        monkeypatch.setattr(time, "thread_time", lambda: self._now)

    def search(self, value: bytes, *, timeout: float, concurrent: bool) -> str | None:
        """Find an ``x``, within a limit that other threads use up."""
        self.limits.append(timeout)
        cost = next(self._costs, None)
        if cost is None:
            return "found" if b"x" in value else None
        self._now += cost
        raise TimeoutError


@pytest.mark.parametrize(("text", "harmless"), [
    (rb"GET /", True), (rb"\x47.T\*", True), (rb"colou?r|x", True), (rb"(?:GET|POST) ", True), (rb"a*", False),
    (rb"(a+)+", False), (rb"a{3}", False), (b"a?" * 20, False), (rb"\\*", False),
    (b"(a|aa)" * 4, True), (b"(a|aa)" * 5, False), (b"(?:a|aa)b?" * 3, False), (b"(?:a|aa)b?" * 2, True),
    (b"a|b|c|d|e|f|g", True), (rb"(a)" + rb"\|" * 9, True), (rb"(a)" + rb"\\|" * 9, False),
])  # fmt: skip
def test_what_repeats_or_branches_often_is_not_taken_for_harmless(text: bytes, harmless: bool) -> None:
    assert is_harmless(re.compile(text)) is harmless


@pytest.mark.parametrize("text", [
    rb"get", rb"g.*t", rb"[0-9]{3}", rb"^x+$", rb"\Qg\E+", rb"\x{41}*g", rb"(?<n>x)\k<n>+", "\xc9+".encode("latin-1"),
    rb"(?:[^x]|[^\n])*", rb"([^4]|[^\x47])+$", rb"(?-i)(?:[^g]|[^T])*", rb"(?<=[^4]|[^0])x*", rb"[a&&g]+", rb"x{e}*",
])  # fmt: skip
def test_what_repeats_is_found_as_pythons_engine_finds_it(text: bytes) -> None:
    pattern = compile_pattern(text)
    values = [b"GET /", b"", b"x404", b"xxx", b"\xff" * 9, b"g\nt", b"\xe9\xc9", b"x{e}}", b"aaG&", b"\n\nx"]

    assert contains(pattern, values, never).tolist() == [pattern.search(value) is not None for value in values]
    assert spans(pattern, values, [0] * len(values), never) == [_spans(pattern, value, 0) for value in values]
    assert spans(pattern, values[2:], [2] * 8, never) == [_spans(pattern, value, 2) for value in values[2:]]


_ATOMS = ["a", "B", "1", "_", " ", r"\n", ".", r"\d", r"\w", r"\S", r"\W", r"\h", r"\R", "\xe9", r"\xc9", "[ab]",
          "[^a]", "[^b]", "[[:alpha:]]", "[[:^digit:]]", "[a&&b]", "[+--]", "[[a]", r"\b", "^", "$", r"\z", r"\Qa.b\E",
          "{e}", "{i}", "&", r"\xff", "\xb5", r"[^\xe9]", "k", "s"]  # fmt: skip
_PIECES = [b"a", b"b", b"A", b"B", b"1", b"_", b" ", b"\n", b"\r", b"\xe9", b"\xc9", b"a.b", b"{e}", b"k", b"K", b"s",
           b"\xb5", b"\xff", b"aab", b"&", b"[", b"-"]  # fmt: skip


def _expression(draw: random.Random, depth: int) -> str:
    """A random expression, in which nothing refers to a group from inside of it."""
    form = draw.randrange(8) if depth else 0
    first = "".join(draw.choices(_ATOMS, k=draw.randint(1, 3))) if not form else _expression(draw, depth - 1)
    second = draw.choice(_ATOMS)
    repeated = draw.choice(["", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{0,3}?", "{,2}", "*+"])
    return [
        first, f"({first}){repeated}", f"(?:{first}|{second}){repeated}", f"{draw.choice(_ATOMS)}{repeated}{first}",
        f"{draw.choice(['(?=', '(?!', '(?>', '(?<!', '(?<=', '(?-i:', '(?s:'])}{first}){second}",
        rf"(?<n>{first}){second}*\k<n>", rf"({first})?{second}(?(1){second}|{first})", f"{first}|{second}{repeated}",
    ][form]  # fmt: skip


def test_random_expressions_find_what_pythons_engine_finds() -> None:
    draw = random.Random(46)
    compared = 0
    while compared < 300:
        try:
            pattern = compile_pattern(_expression(draw, 3).encode("latin-1"))
        except PatternError:
            continue
        if is_harmless(pattern):
            continue
        # Without an empty value: in it Python before 3.14 finds no \B, and PCRE2 does.
        values = [b"".join(draw.choices(_PIECES, k=draw.randint(1, 12))) for _ in range(6)]
        told = (pattern.pattern, values)
        assert contains(pattern, values, never).tolist() == [bool(pattern.search(value)) for value in values], told
        assert spans(pattern, values, [1] * 6, never) == [_spans(pattern, value, 1) for value in values], told
        compared += 1


def test_a_hostile_pattern_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.session.filtering.patterns.LONGEST", 0.2)

    for search in (
        lambda: contains(HOSTILE, [b"a", VICTIM, b"b"], never),
        lambda: spans(HOSTILE, [b"a", VICTIM, b"b"], [0] * 3, never),
    ):
        with pytest.raises(FilterError) as caught:
            search()
        assert (caught.value.mistake, caught.value.facts) == (Mistake.PATTERN_SLOW, {"seconds": 0.2})

    assert contains(HOSTILE, [b"aa"], never).tolist() == [True], "the next search begins anew"


def test_many_matches_share_the_time_of_one_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each match alone is quick."""
    monkeypatch.setattr("tcptui.session.filtering.patterns.LONGEST", 0.02)

    with pytest.raises(FilterError):
        spans(compile_pattern(rb"a+?(?=.*b)"), [b"a" * 40_000 + b"b"], [0], never)


def test_time_that_other_threads_take_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's limit is the processor time of the whole program."""
    fake = FakeSearch(monkeypatch, 0.001, 0.4, 0.7)

    assert contains(compile_pattern(rb"x+"), [b"axe", b"b"], never).tolist() == [True, False]
    assert fake.limits == [0.005, 1.25, 2.5, 5.0, 0.005]


def test_long_value_is_searched_without_the_interpreter_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine holds on for long then, whatever its limit."""
    fake = FakeSearch(monkeypatch)

    assert (
        contains(compile_pattern(rb"x+"), [b"ax" * (1 << 15), b"ax" * (1 << 15) + b"a"], never).tolist() == [True] * 2
    )
    assert fake.limits == [0.005, 1.25]


def test_expression_is_given_up_once_its_own_thread_has_had_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeSearch(monkeypatch, 0.001, 0.6, 1.1)

    with pytest.raises(FilterError):
        contains(compile_pattern(rb"x+"), [b"axe"], never)

    assert fake.limits == [0.005, 1.25, 2.5]


def test_want_of_memory_is_not_the_expressions_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def search(_value: bytes, *, timeout: float, concurrent: bool) -> Any:
        raise MemoryError if concurrent else TimeoutError

    monkeypatch.setattr(FakeSearch(monkeypatch), "search", search)

    with pytest.raises(MemoryError):
        contains(compile_pattern(rb"x+"), [b"axe"], never)


@pytest.mark.parametrize("pattern", [HOSTILE, compile_pattern(b"(a|aa)" * 45 + b"c")])
def test_hostile_pattern_is_cancelled(pattern: re.Pattern[bytes]) -> None:
    """The search alone would take years."""
    asked = iter([False, False, True])

    with pytest.raises(Cancelled):
        contains(pattern, [VICTIM], lambda: next(asked))


def test_somebody_who_cancels_does_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def search(_value: bytes, *, timeout: float, concurrent: bool) -> None:
        if not concurrent:
            raise TimeoutError
        goes_on.wait()
        ended.set()

    monkeypatch.setattr(FakeSearch(monkeypatch), "search", search)
    asked = iter([False, False, True])

    with pytest.raises(Cancelled):
        contains(HOSTILE, [VICTIM], lambda: next(asked))

    assert not ended.is_set()
    goes_on.set()
    assert ended.wait(600), "it ends by itself"


def test_values_after_somebody_cancelled_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeSearch(monkeypatch)
    asked = count()

    with pytest.raises(Cancelled):
        contains(compile_pattern(rb"x+"), [b"axe"] * 9, lambda: next(asked) >= 3)

    assert len(fake.limits) == 3


def test_other_threads_run_while_a_hostile_pattern_is_searched_for(no_switch_of_threads: None) -> None:
    asked = iter([False, False, False, True])

    with pytest.raises(Cancelled):
        contains(HOSTILE, [VICTIM], lambda: next(asked))


def test_engine_with_time_limits_is_imported_by_the_first_who_needs_it() -> None:
    program = (
        "import re, sys\nimport tcptui.session.filtering.patterns as patterns\n"
        "from tcptui.session.filtering.cancelling import never\n"
        "patterns.contains(re.compile(b'x'), [b'x'], never)\nassert 'regex' not in sys.modules\n"
        "patterns.contains(re.compile(b'x+'), [b'x'], never)\nassert 'regex' in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def _spans(pattern: re.Pattern[bytes], value: bytes, begin: int) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(value, begin) if match.end() > match.start()]
