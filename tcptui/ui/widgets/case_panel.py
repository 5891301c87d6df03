"""The lesson pane: the story of a case, one step at a time, each answer on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.message import Message

from tcptui.ui.prose import Block, Gap, Paragraph, Span, Verbatim
from tcptui.ui.widgets.document import Document

if TYPE_CHECKING:
    from tcptui.explain.words import Words
    from tcptui.ui.case_walk import CaseWalk
    from tcptui.ui.prose import Line
    from tcptui.ui.theme import Glyphs

#: A pane of fewer lines has none to spare for empty ones.
_ROOMY: Final = 10
#: Packets listed one by one; more are counted.
_LISTED: Final = 12
_LINK: Final = "packet:"


class CasePanel(Document):
    """Shows a `CaseWalk`.  Posts `StepShown` when another step is shown, `PacketChosen` for a click on a number.

    The keys (``]`` ``[`` ``r``) belong to the screen, which calls `step` and `reveal`:
    they work wherever the focus is.
    """

    @dataclass
    class StepShown(Message):
        """The walk is at another step; ``packets`` are its frame numbers, empty at the story."""

        panel: CasePanel
        packets: tuple[int, ...]

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

    def show_walk(self, walk: CaseWalk) -> None:
        """Begin to show ``walk``, where it stands."""
        self.walk = walk
        self._draw()
        self.post_message(self.StepShown(self, walk.packets))

    def step(self, steps: int) -> None:
        """Go ``steps`` further, or back."""
        if self.walk is not None and self.walk.move(steps):
            self._draw()
            self.post_message(self.StepShown(self, self.walk.packets))

    def reveal(self) -> None:
        """Show the answer to the current question, and scroll to it."""
        if self.walk is not None and self.walk.reveal():
            self._draw()
            asked = self.words("guide.case.question")
            for index, block in enumerate(self.blocks):
                if isinstance(block, Paragraph) and block.lead == asked:
                    self.show_block(index)  # the question stays in sight above its answer

    def on_resize(self) -> None:
        """A taller pane has room for empty lines."""
        if self.walk is not None:
            self.show(self._page(self.walk), keep_place=True)
        super().on_resize()

    def on_document_link_chosen(self, event: Document.LinkChosen) -> None:
        """A packet's number was clicked."""
        event.stop()
        self.post_message(self.PacketChosen(self, int(event.link.removeprefix(_LINK))))

    def _draw(self) -> None:
        walk = self.walk
        if walk is None:
            return
        words, step = self.words, walk.step
        if step is None:
            self.border_title = Content(words("guide.case.story", title=walk.case.title[words.language]))
        else:
            place = words("guide.case.step", n=walk.position, count=len(walk.steps), title=step.title[words.language])
            self.border_title = Content(place)
        self.border_subtitle = Content(words(self._hint(walk)))
        self.show(self._page(walk))

    @staticmethod
    def _hint(walk: CaseWalk) -> str:
        if walk.step is None:
            return "guide.case.hint.story"
        if not walk.revealed:
            return "guide.case.hint.question"
        return "guide.case.hint.last" if walk.at_end else "guide.case.hint.answered"

    def _page(self, walk: CaseWalk) -> list[Block]:
        language = self.words.language
        paragraphs = self._story(walk) if walk.step is None else []
        if walk.step is not None:
            step = walk.step
            paragraphs += [[Paragraph(text)] for text in step.text[language].split("\n\n")]
            paragraphs.append([Verbatim(self._packets(step.packets))])
            question = Paragraph(
                step.question[language], "strong", lead=self.words("guide.case.question"), lead_style="warning"
            )
            paragraphs.append([question])
            if walk.revealed:
                first, *more = step.answer[language].split("\n\n")
                answer = Paragraph(first, lead=self.words("guide.case.answer"), lead_style="good")
                paragraphs.append([answer, *(Paragraph(text) for text in more)])
                if walk.at_end:
                    paragraphs.append([Paragraph(self._farewell(walk), "faint")])
            else:
                paragraphs.append([Paragraph(self.words("guide.case.reveal"), "faint")])
        page: list[Block] = []
        for group in paragraphs:
            if page and self.size.height >= _ROOMY:
                page.append(Gap())
            page += group
        return page

    def _story(self, walk: CaseWalk) -> list[list[Block]]:
        case, words = walk.case, self.words
        story: list[list[Block]] = [[Paragraph(text)] for text in case.story[words.language].split("\n\n")]
        story.append([Paragraph(words("guide.case.begin", count=len(walk.steps)), "strong")])
        origin = words(f"guide.case.{case.source.origin.value}")
        story.append([Paragraph(case.source.how[words.language], "faint", lead=origin, lead_style="faint")])
        return story

    def _farewell(self, walk: CaseWalk) -> str:
        if walk.case.twin is None:
            return self.words("guide.case.end")
        return self.words("guide.case.end_twin", twin=walk.case.twin)

    def _packets(self, frames: tuple[int, ...]) -> Line:
        spans = [Span(self.words("guide.case.packets"), "faint")]
        for frame in frames[:_LISTED]:
            spans += [Span(" "), Span(str(frame), "link", f"{_LINK}{frame}")]
        if len(frames) > _LISTED:
            spans.append(Span(self.words("guide.case.packets_more", n=len(frames) - _LISTED), "faint"))
        return tuple(spans)
