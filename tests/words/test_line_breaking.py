"""Prose keeps its characters and its width, in both languages."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tcptui.cli.report.as_text import print_document
from tcptui.cli.report.blocks import Bullets
from tcptui.ui.main.explain_pane import Passage, lay_out
from tcptui.ui.theme import UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("sent 4 times in 7 s", 18, ["sent 4 times in", "7 s"]),
        ("apart: 1.0, 2.0, 4.0 s, then", 20, ["apart: 1.0, 2.0,", "4.0 s, then"]),
        ("it moved 12 MB of it", 12, ["it moved", "12 MB of it"]),
        ("初始往返时间 438 微秒。", 18, ["初始往返时间", "438 微秒。"]),
        ("这条连接共 99 个包", 14, ["这条连接共", "99 个包"]),
        ("发出 SYN（1 号包），", 16, ["发出 SYN", "（1 号包），"]),
        ("客户端是发出第 3 帧时", 14, ["客户端是发出", "第 3 帧时"]),
        ("到 203.0.113.177 端口 18080 的连接", 28, ["到 203.0.113.177 端口 18080", "的连接"]),
        ("in 7 seconds", 5, ["in 7", "secon", "ds"]),
        ("packets 4 to 7 show", 14, ["packets 4 to 7", "show"]),
    ],
)
def test_number_and_its_unit_stay_on_one_line(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def test_chinese_is_broken_between_characters_but_not_before_punctuation() -> None:
    lines = wrap("服务器第二次发送了这些字节。此前三个重复 ACK（第 10 个包）已经说明。", 26)

    assert all(cell_len(line) <= 26 for line in lines)
    assert not any(line[0] in "，。）" for line in lines)
    assert not any(line[-1] in "（" for line in lines)
    assert "".join(lines).replace(" ", "") == "服务器第二次发送了这些字节。此前三个重复ACK（第10个包）已经说明。"


PRINTED = st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=["Cc", "Cs", "Mn", "Me", "Cf"])


@given(st.text(PRINTED), st.integers(4, 30))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrap(text, width)

    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).split() == text.split() or "".join("".join(lines).split()) == "".join(text.split())


def report_lines(text: str, width: int) -> list[str]:
    """``text`` as the report prints it: as a bullet, in ``width`` cells beside the bullet."""
    page = io.StringIO()
    print_document([Bullets((text,))], Console(file=page, width=width + 4), ascii_only=False)
    return [line[4:] for line in page.getvalue().splitlines()]


def pane_lines(text: str, width: int) -> list[str]:
    """``text`` as the explain pane shows it."""
    lines = lay_out((Passage(text),), width, UNICODE, Words(Language.ZH), dense=True)
    return ["".join(run[0] for run in line) for line in lines]


@pytest.mark.parametrize("lines_of", [report_lines, pane_lines])
@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("丢包率占全部的百分之 5％左右", 22, ["丢包率占全部的百分之", "5％左右"]),
        ("温度升到了四十二℃了", 16, ["温度升到了四十", "二℃了"]),
        ("lost were 10 to 12 % of it", 18, ["lost were 10 to", "12 % of it"]),
        ("看看这两个文件“甲”", 15, ["看看这两个文件", "“甲”"]),
        ("see the files .bash_history", 18, ["see the files", ".bash_history"]),
    ],
)
def test_report_and_screen_break_lines_by_one_rule(
    lines_of: Callable[[str, int], list[str]], text: str, width: int, lines: list[str]
) -> None:
    assert lines_of(text, width) == lines


def test_line_after_a_cut_word_does_not_begin_with_a_blank() -> None:
    assert wrap("abcdefgh i", 4) == ["abcd", "efgh", "i"]
