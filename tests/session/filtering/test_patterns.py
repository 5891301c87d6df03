"""Regular expressions within bounded time."""

from __future__ import annotations

import os
import re
import resource

import pytest

from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.regex import compile_pattern
from tcptui.model import stall
from tcptui.session.filtering import patterns
from tcptui.session.filtering.cancelling import Cancelled, never
from tcptui.session.filtering.patterns import PatternSearch, is_harmless
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

HOSTILE = compile_pattern(rb"(a+)+$")
VICTIM = b"a" * 60 + b"b"


@pytest.mark.parametrize(("text", "harmless"), [
    (rb"GET /", True), (rb"\x47.T\*", True), (rb"colou?r|x", True), (rb"(?:GET|POST) ", True), (rb"a*", False),
    (rb"(a+)+", False), (rb"a{3}", False), (b"a?" * 20, False), (rb"\\*", False),
    (b"(a|aa)" * 4, True), (b"(a|aa)" * 5, False), (b"(?:a|aa)b?" * 3, False), (b"(?:a|aa)b?" * 2, True),
    (b"a|b|c|d|e|f|g", True), (rb"(a)" + rb"\|" * 9, True), (rb"(a)" + rb"\\|" * 9, False),
])  # fmt: skip
def test_what_repeats_or_branches_often_is_not_taken_for_harmless(text: bytes, harmless: bool) -> None:
    assert is_harmless(re.compile(text)) is harmless


@pytest.mark.parametrize("text", [rb"get", rb"g.*t", rb"[0-9]{3}", rb"^x+$"])
def test_another_process_finds_what_this_one_does(text: bytes) -> None:
    pattern, values = compile_pattern(text), [b"GET /", b"", b"x404", b"xxx", b"\xff" * 9, b"g\nt"]
    search = PatternSearch()

    found = search.searched(pattern, values, never)
    search.close()

    assert found.tolist() == [pattern.search(value) is not None for value in values]


def test_a_hostile_pattern_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.session.filtering.patterns.LONGEST", 0.2)
    search = PatternSearch()

    with pytest.raises(FilterError) as caught:
        search.searched(HOSTILE, [b"a", VICTIM, b"b"], never)

    assert caught.value.mistake is Mistake.PATTERN_SLOW
    assert search.searched(HOSTILE, [b"aa"], never).tolist() == [True], "the next search begins anew"
    search.close()


def test_time_in_which_it_does_not_run_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after Ctrl-Z and ``fg``, or while other processes have the processor."""
    stopped = patterns._PROGRAM.replace(
        "found.append(search", "__import__('time').sleep(0.3)\n        found.append(search"
    )
    assert stopped != patterns._PROGRAM
    monkeypatch.setattr(patterns, "_PROGRAM", stopped)
    monkeypatch.setattr(patterns, "LONGEST", 0.1)
    search = PatternSearch()

    assert search.searched(compile_pattern(rb"x+"), [b"axe", b"b"], never).tolist() == [True, False]
    search.close()


@pytest.mark.parametrize(("end", "how"), [("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"), ("sys.exit(3)", "3")])
def test_another_end_of_the_process_is_not_the_expressions_fault(
    end: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "_PROGRAM", f"import os, signal, sys\nsys.stdin.buffer.read(8)\n{end}")
    search = PatternSearch()

    with pytest.raises(FilterError) as caught:
        search.searched(compile_pattern(rb"x+"), [b"axe"], never)

    assert (caught.value.mistake, caught.value.facts) == (Mistake.PATTERN_ENDED, {"how": how})
    assert how in Words(Language.ZH)(caught.value.key, how=how)
    search.close()


@pytest.mark.parametrize("size", [10, 1 << 20], ids=["before it answers", "before it has read all"])
def test_stopped_process_is_ended_and_said_to_be(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stall, "LOOK_SECONDS", 0.01)
    stops = "import os, signal, sys\nsys.stdin.buffer.read(8)\nos.kill(os.getpid(), signal.SIGSTOP)"
    monkeypatch.setattr(patterns, "_PROGRAM", stops)
    search = PatternSearch()

    with pytest.raises(FilterError) as caught:
        search.searched(compile_pattern(rb"x+"), [b"a" * size], never)

    assert (caught.value.mistake, caught.value.facts) == (Mistake.PATTERN_ENDED, {"how": "SIGKILL"})
    search.close()


def test_descriptor_beyond_those_of_select_is_waited_for() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    search = PatternSearch()
    try:
        assert search.searched(compile_pattern(rb"x+"), [b"axe", b"b"], never).tolist() == [True, False]
    finally:
        search.close()
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize("pattern", [HOSTILE, compile_pattern(b"(a|aa)" * 45 + b"c")])
def test_somebody_who_cancels_does_not_wait_for_it(pattern: re.Pattern[bytes]) -> None:
    """The search alone would take years."""
    asked = iter([False, True])
    search = PatternSearch()

    with pytest.raises(Cancelled):
        search.searched(pattern, [VICTIM], lambda: next(asked))
