"""The lesson pane: the story of a case, one step at a time, each answer on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message

from tcptui.ui.prose import BlankLine, Block, Paragraph, Span, Verbatim, lay_out
from tcptui.ui.widgets.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Size

    from tcptui.lessons.case import Step
    from tcptui.ui.learn.case_walk import CaseWalk
    from tcptui.ui.learn.prediction_page import PanelPage
    from tcptui.ui.prose import Line
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: A pane of at least this many lines gets blank lines between paragraphs.
_ROOMY: Final = 10
#: Packet numbers of a step that are listed; further ones are only counted.
_LISTED: Final = 12
_LINK: Final = "packet:"
#: Lines of the border.
_BORDER: Final = 2
#: Cells of the border that its title and hint leave free.
_CORNERS: Final = 4


class CasePanel(Document):
    """Shows a `CaseWalk`.  Posts `StepShown` when another step is shown, `PacketChosen` for a click on a number.

    The keys (``]`` ``[`` ``r``) are bound by the screen, which calls `step` and `reveal`,
    so they work wherever the focus is.
    """

    MARGIN = 0  # the pane has padding

    @dataclass
    class StepShown(Message):
        """Another step is shown; ``packets`` are the frame numbers it points at, empty at the story."""

        panel: CasePanel
        packets: tuple[int, ...]

        @property
        def control(self) -> CasePanel:
            """The panel, for selectors."""
            return self.panel

    @dataclass
    class Measured(Message):
        """How many ``lines`` the whole page fills at the panel's width, its border included."""

        panel: CasePanel
        lines: int

        @property
        def control(self) -> CasePanel:
            """The panel, for selectors."""
            return self.panel

    @dataclass
    class PacketChosen(Message):
        """A packet's number was clicked."""

        panel: CasePanel
        frame: int

        @property
        def control(self) -> CasePanel:
            """The panel, for selectors."""
            return self.panel

    def __init__(self, glyphs: Glyphs, words: Words, *, id: str = "lesson") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs
        self.words = words
        self.walk: CaseWalk | None = None
        self._page: PanelPage | None = None
        """The page that is shown instead of the walk, a question; None for none."""
        self._measured = 0
        """What `Measured` told last."""

    def show_walk(self, walk: CaseWalk) -> None:
        """Show ``walk`` at its current position."""
        self.walk = walk
        self._draw()
        self.post_message(self.StepShown(self, walk.packets))

    def show_page(self, page: PanelPage | None) -> None:
        """Show ``page`` instead of the walk; None goes back to the walk."""
        self._page = page
        self._draw()

    def step(self, steps: int) -> None:
        """Go ``steps`` steps forward, or back when negative."""
        if self.walk is not None and self.walk.move(steps):
            self._draw()
            if self.walk.revealed:  # the answer is what one comes back for, and without the focus no key scrolls to it
                self.call_after_refresh(self._show_question)
            self.post_message(self.StepShown(self, self.walk.packets))

    def reveal(self) -> None:
        """Show the answer to the current question, and scroll to it."""
        if self.walk is not None and self.walk.reveal():
            self._draw()
            self.call_after_refresh(self._show_question)  # after the layout, which sets how far the page can scroll

    def _show_question(self) -> None:
        """Scroll the question to the top, so that it is visible above its answer."""
        asked = self.words("guide.case.question")
        for index, block in enumerate(self.blocks):
            if isinstance(block, Paragraph) and block.lead == asked:
                self.show_block(index)

    def on_focus(self) -> None:
        """Show the whole page: with the focus it can be scrolled."""
        self._focus_changed()

    def on_blur(self) -> None:
        """Show what fits, the question above all: without the focus it cannot be scrolled by keys."""
        self._focus_changed()

    def _focus_changed(self) -> None:
        if self._page is None and self.walk is not None and not self.walk.revealed:
            self._draw()
        self.call_later(self._show_hint)  # once Textual has noted the focus

    def _lay_out(self) -> None:
        super()._lay_out()
        self._show_hint()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """As in Textual, and show whether there is more."""
        super().watch_scroll_y(old_value, new_value)
        self._show_hint()

    def _show_hint(self) -> None:
        """The keys of the walk; where there is room, before them the one that leads to what comes further below."""
        walk = self.walk
        if walk is None or self._page is not None:
            return
        hint = self.words(self._hint(walk))
        longer = self.words("guide.case.hint.more", hint=hint)
        is_cut = len(self.shown_text) > self.scroll_offset.y + self.scrollable_content_region.height
        if is_cut and not self.has_focus and cell_len(longer) <= self.size.width - _CORNERS:
            hint = longer
        self.border_subtitle = Content(hint)

    def on_document_link_chosen(self, event: Document.LinkChosen) -> None:
        """Post `PacketChosen` for the packet number that was clicked."""
        event.stop()
        self.post_message(self.PacketChosen(self, int(event.link.removeprefix(_LINK))))

    def _draw(self) -> None:
        walk, page = self.walk, self._page
        if page is not None:
            self.border_title = Content.styled(f" {page.title} ", "bold $accent")
            self.border_subtitle = Content(page.hint)
            self.show(())
            return
        if walk is None:
            return
        words, step = self.words, walk.step
        if step is None:
            title = words("guide.case.story", title=walk.case.title[words.language])
        else:
            title = words("guide.case.step", n=walk.position, count=len(walk.steps), title=step.title[words.language])
        self.border_title = Content.styled(f" {title} ", "bold $accent")
        self.show(())

    def page_for(self, size: Size) -> tuple[Block, ...]:
        """The blocks of the question page, the story or the step.

        Where a step does not fit, its question is shown whole and its text is cut.  A pane that has the focus can be
        scrolled, so it gets all of the step, unless it has fewer than `_ROOMY` lines, too few to scroll in.
        """
        walk = self.walk
        groups = self._groups(walk)
        page = tuple(block for group in groups for block in group)
        airy = tuple(block for group in groups for block in (BlankLine(), *group))[1:]
        wanted = len(lay_out(airy, size.width)[0])
        self._measure(wanted)
        roomy = size.height >= min(_ROOMY, wanted)
        if walk is None or self._page is not None:
            return airy if roomy else page
        if roomy and (self.has_focus or wanted <= size.height):
            return airy
        if walk.step is None or walk.revealed:
            return airy if roomy else page
        if len(lay_out(page, size.width)[0]) <= size.height:
            return page
        *text, _packets, question, _reveal = groups
        lines = lay_out([block for group in text for block in group], size.width)[0]
        asked = lay_out(question, size.width)[0]
        room = size.height - len(asked) - 1
        if room < 0:
            return page
        if len(lines) <= room + 1:  # the packet list and the key are left out: see the marks and the hint
            return (*(Verbatim(line) for line in lines), *question)
        more = Paragraph(self.words("guide.case.more", n=len(lines) - room), "faint")
        return (*(Verbatim(line) for line in lines[:room]), more, *question)

    def _groups(self, walk: CaseWalk | None) -> Sequence[Sequence[Block]]:
        """The question page, the story or the step, in groups of paragraphs."""
        if self._page is not None:
            return self._page.groups
        if walk is None:
            return ()
        return self._story(walk) if walk.step is None else self._step(walk, walk.step)

    def _measure(self, lines: int) -> None:
        if lines + _BORDER != self._measured:
            self._measured = lines + _BORDER
            self.post_message(self.Measured(self, self._measured))

    @staticmethod
    def _hint(walk: CaseWalk) -> str:
        if walk.step is None:
            return "guide.case.hint.story"
        if not walk.revealed:
            return "guide.case.hint.last_question" if walk.at_end else "guide.case.hint.question"
        if not walk.at_end:
            return "guide.case.hint.answered"
        return "guide.case.hint.last" if walk.case.twin is None else "guide.case.hint.last_twin"

    def _step(self, walk: CaseWalk, step: Step) -> list[list[Block]]:
        """Groups of paragraphs: text, packets, question, then the answer or how to get it."""
        words = self.words
        groups: list[list[Block]] = [[Paragraph(text)] for text in step.text[words.language].split("\n\n")]
        groups.append([Verbatim(self._packets(step.packets, walk))])
        lead = words("guide.case.question")
        groups.append([Paragraph(step.question[words.language], "strong", lead=lead, lead_style="warning")])
        if not walk.revealed:
            return [*groups, [Paragraph(words("guide.case.reveal"), "faint")]]
        first, *more = step.answer[words.language].split("\n\n")
        answer = Paragraph(first, lead=words("guide.case.answer"), lead_style="good")
        groups.append([answer, *(Paragraph(text) for text in more)])
        if walk.at_end:
            groups.append([Paragraph(self._farewell(walk), "faint")])
        return groups

    def _story(self, walk: CaseWalk) -> list[list[Block]]:
        case, words = walk.case, self.words
        story: list[list[Block]] = [[Paragraph(text)] for text in case.story[words.language].split("\n\n")]
        story.append([Paragraph(words("guide.case.begin", count=len(walk.steps)), "strong")])
        origin = words(f"guide.case.{case.source.origin.value}")
        story.append([Paragraph(case.source.how[words.language], "faint", lead=origin, lead_style="faint")])
        return story

    def _farewell(self, walk: CaseWalk) -> str:
        return self.words("guide.case.end" if walk.case.twin is None else "guide.case.end_twin")

    def _packets(self, frames: tuple[int, ...], walk: CaseWalk) -> Line:
        spans = [Span(self.words("guide.case.packets"), "faint")]
        for frame in frames[:_LISTED]:
            spans += [Span(" "), Span(str(frame), "link", f"{_LINK}{frame}")]
        if len(frames) > _LISTED:
            spans.append(Span(self.words("guide.case.packets_more", n=len(frames) - _LISTED), "faint"))
        if len(walk.case.files) > 1:
            name = walk.case.files[walk.wanted_capture].path.name
            spans.append(Span(self.words("learning.in_capture", name=name), "faint"))
        return tuple(spans)
