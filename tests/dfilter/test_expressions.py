"""A table of expressions: each is taken or refused as tshark 4.0.17 does, with the reasons where it is not so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from sharkd import Sharkd

from tcptui.dfilter import grammar
from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.printing import written
from tcptui.dfilter.remarks import RemarkKey

if TYPE_CHECKING:
    from tcptui.dfilter.compile import Compiled

TABLE: Final = Path(__file__).with_name("expressions.tsv")
#: What the first column says, as (tcptui takes it, tshark takes it).
VERDICTS: Final = {"taken": (True, True), "refused": (False, False), "later": (True, False), "not-ours": (False, True)}
LATER_KEYS: Final = {RemarkKey.LATER, RemarkKey.LATER_FIELD, RemarkKey.LATER_CONSTANT}
#: Why we may refuse what tshark takes.
NOT_OURS: Final = {Mistake.FOREIGN_FIELD, Mistake.REFERENCE, Mistake.PATTERN_UNSUPPORTED}


def rows() -> list[tuple[str, str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [(verdict, text) for verdict, _, text in (line.partition("\t") for line in lines)]


def compiled(text: str) -> Compiled | FilterError:
    try:
        return compile_filter(text)
    except FilterError as error:
        return error


def test_table_says_what_it_may() -> None:
    counted = Counter(verdict for verdict, _ in rows())

    assert set(counted) == set(VERDICTS)
    assert min(counted["taken"], counted["refused"]) > 500
    assert len({text for _, text in rows()}) == len(rows())


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_is_taken_or_refused_as_the_table_says(verdict: str) -> None:
    wrong = {}
    for text in (text for its, text in rows() if its == verdict):
        answer = compiled(text)
        if isinstance(answer, FilterError) == VERDICTS[verdict][0]:
            wrong[text] = answer.key if isinstance(answer, FilterError) else "taken"

    assert wrong == {}


def test_what_only_later_versions_take_is_remarked() -> None:
    for verdict, text in rows():
        answer = compiled(text)
        if isinstance(answer, FilterError):
            continue
        keys = {remark.key for remark in answer.remarks}
        assert (verdict == "later") == bool(keys & LATER_KEYS), text


def test_what_tshark_takes_is_refused_for_a_reason_that_is_ours() -> None:
    for verdict, text in rows():
        if verdict == "not-ours":
            answer = compiled(text)
            assert isinstance(answer, FilterError), text
            assert answer.mistake in NOT_OURS, text


def test_a_mistake_is_placed_within_the_text() -> None:
    for _, text in rows():
        answer = compiled(text)
        if isinstance(answer, FilterError):
            assert 0 <= answer.span.offset <= answer.span.end <= len(text), text


def test_printed_and_compiled_again_it_is_the_same() -> None:
    for _, text in rows():
        answer = compiled(text)
        if not isinstance(answer, FilterError):
            again = compile_filter(written(answer.test))
            assert again.test == answer.test, text


def test_a_suggestion_is_right_itself() -> None:
    """What is offered instead of a mistake or of a trap compiles."""
    offered = 0
    for _, text in rows():
        answer = compiled(text)
        if isinstance(answer, FilterError):
            hint = answer.suggestion
            offers = [hint.replacement] if hint is not None and hint.key in ("capture-filter", "method", "port",
                      "address", "flags", "unquote") else []  # fmt: skip
        else:
            offers = [remark.replacement for remark in answer.remarks]
        for offer in offers:
            if offer is not None:
                offered += 1
                assert not isinstance(compiled(offer), FilterError), (text, offer)
    assert offered > 20


@pytest.mark.tshark
def test_sharkd_says_the_same() -> None:
    with Sharkd() as sharkd:
        differ = {
            text: sharkd.refuses(text) for verdict, text in rows()
            if (sharkd.refuses(text) is None) != VERDICTS[verdict][1]
        }  # fmt: skip

    assert differ == {}


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_who_filters_nothing_needs_no_parser(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "_parser", lambda: pytest.fail("it takes long to make"))

    assert compile_filter(text).test is None
