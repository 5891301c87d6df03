"""Details of the row under the cursor of the start screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.capture.interfaces import ANY
from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import amount, grouped
from tcptui.ui.prose import BlankLine, Block, Paragraph
from tcptui.ui.start.rates import bars
from tcptui.ui.start.rows import (
    CaseRow,
    FileRow,
    InterfaceRow,
    LeftoverRow,
    LeftoversRow,
    PathRow,
    StartRow,
    WelcomeRow,
    date_text,
    home_short,
    interface_state,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.words.catalogue import Words


def detail_of(row: StartRow, words: Words, *, may_capture: bool, ascii_only: bool = False) -> list[Block]:
    """The details of ``row``: what it is, facts about it, what Enter does; empty for a row that is no choice."""
    match row:
        case InterfaceRow():
            return _interface(row, words, may_capture=may_capture, ascii_only=ascii_only)
        case LeftoverRow():
            return _leftover(row, words)
        case LeftoversRow():
            about = words("guide.start.enter_leftovers")
            return [Paragraph(words("guide.start.leftovers"), "strong"), Paragraph(about)]
        case FileRow():
            return _file(row.path, row.size, row.modified, words)
        case PathRow():
            entry = row.entry
            if entry.is_directory:
                return [Paragraph(home_short(entry.path), "strong"), Paragraph(words("guide.start.enter_directory"))]
            return _file(entry.path, entry.size, entry.modified, words)
        case WelcomeRow():
            about = words("guide.start.welcome.about")
            return [Paragraph(about), BlankLine(), Paragraph(words(f"{row.way.word}.about"))]
        case CaseRow():
            story = row.case.story[words.language].split("\n\n")
            about = words("guide.start.case", steps=len(row.case.steps), packets=row.case.packets)
            blocks: list[Block] = [Paragraph(row.case.title[words.language], "strong"), Paragraph(about, "faint")]
            for paragraph in story:
                blocks += [BlankLine(), Paragraph(paragraph)]
            return blocks
    return []


def refused_detail(name: str, command: str, words: Words, *, may_run: bool) -> list[Block]:
    """Says that interface ``name`` cannot be captured without root, and the ``command`` that can.

    With ``may_run`` it also offers to run that command.
    """
    blocks: list[Block] = [
        Paragraph(words("guide.start.refused", name=name), "warning"),
        Paragraph(command, "strong", indent=2),
    ]
    if may_run:
        blocks += [BlankLine(), Paragraph(words("guide.start.run_it"))]
    return blocks


def filter_detail(expression: str, problem: str | None, words: Words) -> list[Block]:
    """libpcap's verdict on the filter typed so far: its error message ``problem``, or with None that it compiles."""
    blocks: list[Block] = [Paragraph(words("guide.start.filter_about"), "faint"), BlankLine()]
    if problem is not None:
        blocks.append(Paragraph(words("guide.start.filter_wrong", reason=problem), "warning"))
    else:
        blocks.append(Paragraph(words("guide.start.filter_good" if expression else "guide.start.filter_none")))
    return blocks


def _interface(row: InterfaceRow, words: Words, *, may_capture: bool, ascii_only: bool) -> list[Block]:
    interface = row.interface
    kind = "any" if interface.name == ANY else interface_state(interface)
    blocks: list[Block] = [
        Paragraph(words(f"guide.start.state.{kind}"), "faint", lead=f"{interface.label}  ", lead_style="strong")
    ]
    if interface.addresses:
        blocks.append(Paragraph(", ".join(interface.addresses)))
    if row.rate is not None and any(row.rate.history):
        now = words("guide.start.rate", count=amount(row.rate.packets))
        blocks.append(Paragraph(f"{now}  {amount(row.rate.bits)}bit/s"))
        blocks.append(Paragraph(bars(row.rate.history, len(row.rate.history), ascii_only=ascii_only), "good"))
    blocks.append(Paragraph(words("guide.start.enter_capture" if may_capture else "guide.start.enter_refused")))
    return blocks


def _leftover(row: LeftoverRow, words: Words) -> list[Block]:
    leftover = row.leftover
    date = date_text(leftover.modified)
    return [
        Paragraph(words("guide.start.leftover", date=date), "strong"),
        Paragraph(words("guide.start.leftover_about", size=grouped(leftover.size), date=date)),
        Paragraph(words("guide.start.enter_leftover")),
        Paragraph(f"tcptui recover {row.number} -w FILE", "strong", indent=2),
        Paragraph(f"tcptui recover {row.number} --delete", "strong", indent=2),
    ]


def _file(path: Path, size: int, modified: float, words: Words) -> list[Block]:
    about = words("guide.start.file", size=grouped(size), date=date_text(modified))
    return [
        Paragraph(safe_text(path.name), "strong"),
        Paragraph(home_short(path.parent), "faint"),
        Paragraph(about),
        Paragraph(words("guide.start.enter_file")),
    ]
