"""Prose keeps its characters and its width, in both languages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tcptui.words.line_breaking import wrap

PROSE = st.text(alphabet=st.sampled_from("ab ,.，。（）“”中文字é"), max_size=80)


@given(PROSE, st.integers(2, 40))
def test_lines_fit_and_nothing_but_blanks_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_chinese_breaks_between_characters_but_not_before_punctuation() -> None:
    assert wrap("服务器没有收到，所以重传了。", 12) == ["服务器没有收", "到，所以重传", "了。"]
    assert wrap("一二三四五，六", 10) == ["一二三四", "五，六"]


def test_latin_words_stay_whole_within_chinese() -> None:
    assert wrap("第 12 个包 retransmission 重传", 14) == ["第 12 个包", "retransmission", "重传"]


def test_word_longer_than_the_line_is_cut() -> None:
    assert wrap("see 2001:db8:aaaa:bbbb::1 now", 10) == ["see", "2001:db8:a", "aaa:bbbb::", "1 now"]


def test_line_breaks_are_kept() -> None:
    assert wrap("a\n\nb", 10) == ["a", "", "b"]


def test_no_break_space_holds_a_number_to_its_unit() -> None:
    assert wrap("it took 12\u00a0ms then", 10) == ["it took", "12 ms then"]
