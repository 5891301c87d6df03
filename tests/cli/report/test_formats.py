"""Documents as text and as Markdown."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tcptui.cli.report.as_markdown import markdown
from tcptui.cli.report.as_text import print_document
from tcptui.cli.report.blocks import Block, Bullets, Heading, Paragraph, Table
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
