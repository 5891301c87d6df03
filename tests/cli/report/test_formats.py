"""Documents as text and as Markdown."""

from __future__ import annotations

import io
import os
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tcptui.cli.report.as_markdown import markdown
from tcptui.cli.report.as_text import Page, print_document, standard_output
from tcptui.cli.report.blocks import Block, Bullets, Command, Heading, Paragraph, Table
from tcptui.model.finding import Severity
from tcptui.words.markdown_escape import escape

DOCUMENT: tuple[Block, ...] = (
    Heading(1, "capture.pcap"),
    Heading(3, "connection 7", Severity.ERROR),
    Paragraph("a segment was sent again " * 6, label="What:"),
    Bullets(("first " * 20, "第二")),
    Table(("#", "address"), (("1", "10.0.0.1"), ("22", "2001:db8::" + "f" * 90)), frozenset({0})),
)


def as_text(width: int, ascii_only: bool = False, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=terminal, color_system="standard" if terminal else None,
        markup=False, highlight=False, emoji=False,
    )  # fmt: skip
    print_document(DOCUMENT, console, ascii_only)
    return out.getvalue()


def test_text_is_no_wider_than_the_terminal_and_plain_in_a_pipe() -> None:
    for width in (40, 60, 120):
        text = as_text(width)
        assert all(cell_len(line) <= width for line in text.splitlines())
        assert "\x1b" not in text


@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_page_without_rich_has_the_same_text_as_one_by_rich(ascii_only: bool) -> None:
    for width in (20, 40, 81, 300):
        page = Page(io.StringIO(), width)
        print_document(DOCUMENT, page, ascii_only)
        assert isinstance(page.file, io.StringIO)
        assert page.file.getvalue() == as_text(width, ascii_only)


def test_standard_output_in_a_pipe_is_as_wide_as_rich_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_terminal(_descriptor: int) -> os.terminal_size:
        raise OSError(25, "Inappropriate ioctl for device")

    def terminal(descriptor: int) -> os.terminal_size:
        return os.terminal_size((133, 40)) if descriptor == 2 else no_terminal(descriptor)

    monkeypatch.setattr(sys, "stdout", io.StringIO())
    for size in (terminal, no_terminal):
        monkeypatch.setattr(os, "get_terminal_size", size)
        for environment in ({}, {"COLUMNS": "57"}, {"COLUMNS": "wide"}):
            page = standard_output(environment)
            assert isinstance(page, Page)
            assert page.width == Console(_environ=environment).width


def test_colours_that_were_asked_for_reach_a_pipe() -> None:
    assert isinstance(standard_output({"FORCE_COLOR": "1"}), Console)


def test_text_in_a_terminal_has_colour_but_severity_is_a_sign_too() -> None:
    assert "\x1b[" in as_text(80, terminal=True)
    assert "✗ connection 7" in as_text(80)
    assert "x connection 7" in as_text(80, ascii_only=True)


def test_ascii_text_of_ascii_words_is_ascii() -> None:
    assert as_text(80, ascii_only=True).replace("第二", "").isascii()


def test_text_is_never_read_as_rich_markup() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, markup=True)
    print_document([Paragraph("[SYN] [/x] [bold]b[/bold] :smile:")], console, ascii_only=False)
    assert "[SYN] [/x] [bold]b[/bold] :smile:" in out.getvalue()


def test_markdown_has_the_same_parts() -> None:
    text = "".join(markdown(DOCUMENT))
    assert text.startswith("# capture.pcap\n\n### ✗ connection 7\n\n**What:** a segment")
    assert "\n- first first" in text
    assert "\n| # | address |\n" not in text  # the sign is escaped
    assert "\n| \\# | address |\n| --: | --- |\n| 1 | 10.0.0.1 |\n" in text


def test_markdown_shows_markup_in_names_as_it_stands() -> None:
    assert escape("[x](y) *b* `c` <b> a|b #h _u_ \\") == ("\\[x\\](y) \\*b\\* \\`c\\` \\<b\\> a\\|b \\#h \\_u\\_ \\\\")
    assert escape("- no list") == "\\- no list"
    assert escape("1. no list") == "1\\. no list"
    assert escape("    no code") == "no code"
    assert escape("http://evil.example www.x @me") == "http&#58;//evil.example www&#46;x &#64;me"


@given(st.text(alphabet="`*_[]<>|#-+=~\\1.) ab", max_size=30))
def test_markdown_escapes_undo_to_the_same_text(text: str) -> None:
    assert re.sub(r"\\([^a-z0-9\s])", r"\1", escape(text)) == text.lstrip(" ")


def test_a_line_break_in_a_name_cannot_leave_its_heading_or_cell() -> None:
    text = "".join(markdown([Heading(2, "a\n# b"), Table(("x",), (("c\n| d",),))]))
    assert text == "## a \\# b\n\n| x |\n| --- |\n| c \\| d |\n"


def test_command_is_one_line_however_narrow_the_page_is() -> None:
    command = "timeout 60 tcpdump -n -i any -w there.pcap 'host 10.0.0.1 and host 10.0.0.2'"
    page = Page(io.StringIO(), 40)
    print_document((Command(command),), page, ascii_only=True)

    assert isinstance(page.file, io.StringIO)
    assert page.file.getvalue() == f"  {command}\n"
    assert "".join(markdown((Command(command),))) == f"```sh\n{command}\n```\n"
