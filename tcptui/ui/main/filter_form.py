"""The form of a filter, for who does not know its language: conditions in words, the expression, and what matches.

Keys go to the input line: what is typed is the value, or narrows the choices for the cell that is being filled.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import Input, Static

from tcptui.access.notes.format import NotesError
from tcptui.dfilter.errors import FilterError
from tcptui.model.finding import FindingId
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.filtering.cancelling import Cancelled
from tcptui.ui.cell_text import fit, fit_field
from tcptui.ui.hint import Hint
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.main import filter_report
from tcptui.ui.main.completing import values_here
from tcptui.ui.main.filter_work import FilterWork
from tcptui.ui.main.form_rows import (
    SUBJECTS,
    Condition,
    Join,
    expression_of,
    narrowed,
    plain_value,
)
from tcptui.ui.main.prompt_line import SafeInput
from tcptui.ui.screens.noticing import NoticingScreen
from tcptui.ui.widgets.filter_line import FilterLine, Saying, Voice
from tcptui.ui.widgets.virtual_list import HEADING, VirtualList
from tcptui.words.errors import error_line
from tcptui.words.finding_text import finding_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.ui.main.filter_work import Evaluate
    from tcptui.ui.main.matching import Matching
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Seconds between looks whether the capture has grown.
_BEAT: Final = 0.5
#: A capture that grows is counted again after at least this many times the time that the last count took.
_REST: Final = 5.0
#: Conditions at most, and how many are shown where there is little room.
MOST: Final = 8
_FEW: Final = 3
_TALL: Final = 24
#: Cells of the columns, at most; the value has the rest.
_JOIN, _SUBJECT, _RELATION = 6, 30, 16
_NARROW: Final = 72
#: The columns of a condition.
JOIN, SUBJECT, RELATION, VALUE = range(4)
_HINTS: Final = (
    Hint("Enter", "form.key.apply", "screen.apply"),
    Hint("Tab", "form.key.next", "screen.cell(1)"),
    Hint("↑ ↓", "form.key.choose"),
    Hint("Esc", "screen.hint.back", "screen.dismiss"),
    Hint("Ctrl+N", "form.key.add", "screen.add"),
    Hint("Ctrl+T", "form.key.remove", "screen.remove"),
)


class _FormLine(SafeInput):
    """The line that everything is typed in; other keys are the form's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.dismiss", show=False),
        Binding("enter", "screen.apply", show=False),
        Binding("tab", "screen.cell(1)", show=False),
        Binding("shift+tab", "screen.cell(-1)", show=False),
        Binding("up", "screen.choose(-1)", show=False),
        Binding("down", "screen.choose(1)", show=False),
        Binding("ctrl+n", "screen.add", show=False),
        Binding("ctrl+t", "screen.remove", show=False),
    ]


class _Conditions(VirtualList, can_focus=False):
    """The conditions, one each line, with the cell that is being filled set off."""

    def __init__(self, form: FilterForm, glyphs: Glyphs) -> None:
        super().__init__(glyphs, id="form-conditions")
        self._form = form

    def columns(self, width: int) -> tuple[int, int, int, int]:
        """Cells of each column: where there is little room, what the conditions say needs it more than their values."""
        if width >= _NARROW:
            subject, relation = _SUBJECT, _RELATION
        else:
            said = [self._form.cells(position) for position in range(self.row_count)]
            subject, relation, value = (
                max(cell_len(cells[column]) + 2 for cells in said) for column in (SUBJECT, RELATION, VALUE)
            )
            relation = max(relation, width // 4)
            subject = max(width // 3, min(subject, width - _JOIN - relation - value))
        return _JOIN, subject, relation, max(width - _JOIN - subject - relation, 1)

    def heading(self, width: int) -> list[Segment]:
        """What each column is."""
        titles = ("", *(self._form.words(f"form.column.{name}") for name in ("subject", "relation", "value")))
        cells = zip(titles, self.columns(width), strict=True)
        return [Segment(fit(f" {title}", size, self.glyphs.ellipsis), self.palette.head) for title, size in cells]

    def row(self, position: int, width: int) -> list[Segment]:
        """One condition."""
        form = self._form
        texts = form.cells(position)
        made = []
        for column, (text, size) in enumerate(zip(texts, self.columns(width), strict=True)):
            is_active = position == self.cursor and column == form.column
            style = self.palette.key if is_active else self.palette.plain
            mark = self.glyphs.cursor if is_active else " "
            made.append(Segment(fit(f"{mark}{text}", size, self.glyphs.ellipsis), style))
        return made

    def on_click(self, event: events.Click) -> None:
        """A click goes to a cell."""
        position = self.scroll_offset.y + event.y - HEADING
        if event.y < HEADING or position >= self.row_count:
            return
        x, column = event.x, JOIN
        for size in self.columns(self.scrollable_content_region.width)[:VALUE]:
            if x < size:
                break
            x -= size
            column += 1
        self._form.go_to_cell(position, column)


class _Choices(VirtualList, can_focus=False):
    """What the cell may hold; a click takes one."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs, id="form-choices")
        self.texts: Sequence[str] = ()
        self.terms: Sequence[str] = ()
        """Of each, how the language of filters says it; or none at all."""
        self.title = self.empty_text = ""

    def show(self, title: str, texts: Sequence[str], terms: Sequence[str], cursor: int) -> None:
        """List ``texts``, the cursor on one of them."""
        self.title, self.texts, self.terms = title, texts, terms
        self.set_row_count(len(texts))
        self.put_cursor(max(cursor, 0))
        self.refresh()

    def heading(self, width: int) -> list[Segment]:
        """What is chosen."""
        return [Segment(fit(f" {self.title}", width, self.glyphs.ellipsis), self.palette.head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One choice."""
        mark = self.glyphs.cursor if position == self.cursor else " "
        text, ellipsis = f" {mark} {safe_text(self.texts[position])}", self.glyphs.ellipsis
        if not self.terms:
            return [Segment(fit(text, width, ellipsis), self.palette.plain)]
        named = min(_SUBJECT + len(text) - len(self.texts[position]), width)
        return [
            Segment(fit(text, named, ellipsis), self.palette.plain),
            Segment(fit("", min(2, width - named)), self.palette.faint),
            Segment(fit_field(self.terms[position], width - named - 2, ellipsis), self.palette.faint),
        ]

    def paint_line(self, y: int) -> Strip:
        """A line of the list; without choices, the first one says why there are none."""
        if y == HEADING and not self.texts:
            width = self.scrollable_content_region.width
            return Strip([Segment(fit(f"   {self.empty_text}", width, self.glyphs.ellipsis), self.palette.faint)])
        return super().paint_line(y)

    def on_click(self, event: events.Click) -> None:
        """A click takes a choice."""
        position = self.scroll_offset.y + event.y - HEADING
        if event.y >= HEADING and position < self.row_count:
            self.put_cursor(position, show=False)
            self.post_message(self.Chosen(self, position))


class FilterForm(NoticingScreen["str | None"]):
    """Closes with the expression that it made; None: with nothing."""

    DEFAULT_CSS = """
    FilterForm {
        layout: vertical;
        background: $background;
        & > #form-title, & > HintLine { height: 1; width: 1fr; background: $bar; }
        & > #form-title { padding: 0 1; }
        & > #form-conditions { background: $background; overflow: hidden hidden; }
        & > #form-choices {
            background: $background; width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: scroll;
            scrollbar-size-vertical: 1;
        }
        & > #form-text { height: 1; border: none; padding: 0 1; background: $panel; }
        & > #form-text:focus { border: none; }
        & > FilterLine { height: 1; width: 1fr; background: $background; display: none; }
        & > FilterLine.-shown { display: block; }
    }
    """

    def __init__(self, session: FilteredCapture, words: Words, glyphs: Glyphs, evaluate: Evaluate) -> None:
        super().__init__(words, glyphs)
        self.session = session
        self.conditions = [Condition()]
        self.column = SUBJECT
        self._evaluate = evaluate
        self._list = _Conditions(self, glyphs)
        self._choices = _Choices(glyphs)
        self._line = _FormLine(id="form-text", compact=True, select_on_focus=False)
        self._told = FilterLine(glyphs)
        self._shown: list[int] = []
        """Of each choice that is listed: its place among all of the cell's."""
        self._values: dict[str, list[str]] = {}
        """Values that occur, by field, as far as they have been asked for."""
        self._work: FilterWork | None = None
        """What is being counted."""
        self._counted_work: FilterWork | None = None
        """What has been counted, and is told."""
        self._next_at = 0.0
        """When that may be counted again, by `time.monotonic`."""
        self._is_closed = False
        self._asked: set[str] = set()
        self._held = self._here
        """The condition as it was when its cell was begun."""

    def compose(self) -> ComposeResult:
        """Title, conditions, the line to type in, choices, expression and counts, hints."""
        yield Static(self.words("form.title"), id="form-title", markup=False)
        yield self._list
        yield self._line
        yield self._choices
        yield self._told
        yield self.hint_line

    def on_mount(self) -> None:
        """Begin with one condition."""
        self.set_focus(self._line)
        self.show_hints()
        self._conditions_changed()
        self._fill()
        self.set_interval(_BEAT, self._count_again)

    def on_unmount(self) -> None:
        """Have the threads stop at their next look."""
        self._is_closed = True
        if self._work is not None:
            self._work.is_cancelled = True

    def on_resize(self, event: events.Resize) -> None:
        """Lay out the lines anew; Textual also calls the base class's handler."""
        self._told.rearrange(*event.size)
        self._arrange()

    def show_hints(self) -> None:
        """The keys of the form."""
        self.put_hints(_HINTS)

    @property
    def settled(self) -> bool:
        """Whether nothing is being counted, and no values are looked for."""
        return self._work is None and self._asked == self._values.keys()

    @property
    def expression(self) -> str:
        """The filter that the form makes."""
        return expression_of(self.conditions)

    # -- the cells -----------------------------------------------------------------------
    def cells(self, position: int) -> tuple[str, str, str, str]:
        """The words of a condition."""
        words, one = self.words, self.conditions[position]
        join = words(f"form.join.{one.join.value}") if position else ""
        value = safe_text(one.value) if one.relation.has_value else ""
        return join, words(f"form.subject.{one.subject.name}"), words(f"form.relation.{one.relation.value}"), value

    @property
    def _here(self) -> Condition:
        return self.conditions[self._list.cursor]

    def _put(self, condition: Condition) -> None:
        self.conditions[self._list.cursor] = condition
        self._conditions_changed()

    def go_to_cell(self, position: int, column: int) -> None:
        """Go on with another cell; one that a condition does not have gives way to its neighbour."""
        position = max(0, min(position, len(self.conditions) - 1))
        self._list.put_cursor(position)
        self.column = SUBJECT if column == JOIN and position == 0 else column
        if self.column == VALUE and not self._here.relation.has_value:
            self.column = RELATION
        self._fill()

    def action_cell(self, step: int) -> None:
        """Go to the next cell (1), or the one before (-1); from the last one to the first of the next condition.

        A cell for which something was typed that is no choice stays.
        """
        if self.column != VALUE and self._line.value.strip() and not self._shown:
            self.say(self.words("form.none.choice"))
            return
        stops = [
            (row, column)
            for row, one in enumerate(self.conditions)
            for column in range(SUBJECT if row == 0 else JOIN, VALUE + one.relation.has_value)
        ]
        at = stops.index((self._list.cursor, self.column)) + step
        self.go_to_cell(*stops[at % len(stops)])

    def action_add(self) -> None:
        """Add a condition."""
        if len(self.conditions) >= MOST:
            self.say(self.words("form.full", n=MOST))
            return
        self.conditions.append(Condition())
        self._conditions_changed()
        self.go_to_cell(len(self.conditions) - 1, SUBJECT)

    def action_remove(self) -> None:
        """Take the condition under the cursor away; the last one is emptied."""
        del self.conditions[self._list.cursor]
        self.conditions = self.conditions or [Condition()]
        self._conditions_changed()
        self.go_to_cell(self._list.cursor, SUBJECT)

    # -- choices -------------------------------------------------------------------------
    def _options(self) -> tuple[list[str], int]:
        """What the cell may hold, in words, and the place of what it holds."""
        words, here = self.words, self._here
        match self.column:
            case 0:
                return [words(f"form.join.{one.value}") for one in Join], list(Join).index(here.join)
            case 1:
                return [words(f"form.subject.{one.name}") for one in SUBJECTS], SUBJECTS.index(here.subject)
            case 2:
                relations = here.subject.relations
                return [words(f"form.relation.{one.value}") for one in relations], relations.index(here.relation)
        values = self._values.get(here.subject.field, [])
        return [self._named(value) for value in values], values.index(here.value) if here.value in values else -1

    def _named(self, value: str) -> str:
        """A value as it is listed: of a finding, also its name."""
        if self._here.subject.name == "finding" and value in set(FindingId):
            return f"{value}  {finding_name(FindingId(value), self.words)}"
        return value

    def _fill(self) -> None:
        """Show the cell's choices, and in the line what can be changed by typing."""
        here = self._held = self._here
        text = here.value if self.column == VALUE else ""
        with self._line.prevent(Input.Changed):
            self._line.value = text
        self._line.cursor_position = len(text)
        self._line.placeholder = self.words(f"form.type.{'value' if self.column == VALUE else 'choice'}")
        if self.column == VALUE:
            self._ask_values(here.subject.field, here.subject.field_v6)
        self._list.refresh()
        self._list_choices("")

    def _list_choices(self, typed: str) -> None:
        options, here = self._options()
        every = [subject.field for subject in SUBJECTS] if self.column == SUBJECT else []
        self._shown = narrowed(options, typed, every)
        title = self.words(f"form.choices.{('join', 'subject', 'relation', 'value')[self.column]}")
        cursor = self._shown.index(here) if here in self._shown else 0
        terms = [every[place] for place in self._shown] if every else []
        self._choices.empty_text = self._why_none()
        self._choices.show(title, [options[place] for place in self._shown], terms, cursor)

    def _why_none(self) -> str:
        """Why the list of choices is empty, if it is."""
        if self.column != VALUE:
            return self.words("form.none.choice")
        return self.words("form.none.value" if self._here.subject.field in self._values else "form.none.looking")

    def _take(self, place: int) -> None:
        """Put the choice at ``place`` among all into the cell."""
        here = self._here
        match self.column:
            case 0:
                self._put(replace(here, join=list(Join)[place]))
            case 1:
                self._put(here.about(SUBJECTS[place]))
            case 2:
                self._put(replace(here, relation=here.subject.relations[place]))
            case _:
                value = self._values[here.subject.field][place]
                self._put(replace(here, value=value))
                with self._line.prevent(Input.Changed):
                    self._line.value = value
                self._line.cursor_position = len(value)

    def action_choose(self, step: int) -> None:
        """Take the choice above (-1) or below (1)."""
        if not self._shown:
            return
        held = self._options()[1]
        first = 0 if step > 0 else len(self._shown) - 1
        at = self._shown.index(held) + step if held in self._shown else first
        at = max(0, min(at, len(self._shown) - 1))
        self._choices.put_cursor(at)
        self._take(self._shown[at])
        self._held = self._here

    @on(VirtualList.Chosen)
    def _choice_clicked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self._take(self._shown[event.position])
        self._held = self._here
        self.set_focus(self._line)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.column == VALUE:
            self._put(replace(self._here, value=event.value))
            self._list_choices(event.value)
            return
        self._list_choices(event.value)
        if self._shown and event.value.strip():
            self._take(self._shown[0])
            self._choices.put_cursor(0)
        elif self._here != self._held:  # a beginning of what was typed had a choice; the whole has none
            self._put(self._held)

    def _ask_values(self, name: str, other: str) -> None:
        """Have a thread find the values of a field that occur."""
        if name in self._asked:
            return
        self._asked.add(name)

        def find() -> None:
            from tcptui.model.fields import FIELDS

            found: list[str] = []
            try:
                for field in filter(None, (name, other)):
                    found += map(plain_value, values_here(self.session, FIELDS[field], lambda: self._is_closed))
            except (Cancelled, NotesError, OSError):  # what cannot be read has no values to offer
                found = []
            call_on_loop(self, self._values_found, name, list(filter(None, dict.fromkeys(found))))

        self.run_worker(find, thread=True, group="form-values")

    def _values_found(self, name: str, values: list[str]) -> None:
        self._values[name] = values
        if self.column == VALUE and self._here.subject.field == name:
            self._list_choices(self._line.value)

    # -- what it makes -------------------------------------------------------------------
    def _conditions_changed(self) -> None:
        self._list.set_row_count(len(self.conditions))
        self._arrange()
        self._list.refresh()
        self._count()

    def _arrange(self) -> None:
        shown = MOST if self.app.size.height >= _TALL else _FEW
        self._list.styles.height = HEADING + min(len(self.conditions), shown)

    def _count(self) -> None:
        """Have a thread count what the expression matches, unless it is being counted already."""
        text, before = self.expression, self._work
        if before is not None:
            if before.text == text:
                return
            before.is_cancelled = True
        self._work = self._counted_work = None
        if not text:
            self._tell([Saying(self.words("form.empty"), Voice.QUIET)])
            return
        self._tell([self._said(text), Saying(self.words("form.counting"), Voice.QUIET)])
        self._have_counted(FilterWork(self.session, text, self._evaluate))

    def _count_again(self) -> None:
        """Have a capture that has grown counted again; what is told stays until then."""
        work = self._counted_work
        if self._work is None and work is not None and work.is_old and time.monotonic() >= self._next_at:
            self._have_counted(work)

    def _have_counted(self, work: FilterWork) -> None:
        self._work = work
        begun = time.monotonic()

        def count() -> None:
            found: Matching | FilterError | NotesError | OSError
            try:
                found = work.answer()
            except (FilterError, NotesError, OSError) as error:
                found = error
            except Cancelled:
                return
            call_on_loop(self, self._counted, work, found, time.monotonic() - begun)

        self.run_worker(count, thread=True, group="form-count")

    def _counted(self, work: FilterWork, found: Matching | FilterError | NotesError | OSError, seconds: float) -> None:
        if work is not self._work:
            return
        self._work = None
        said = [self._said(work.text)]
        if isinstance(found, OSError):
            said.append(Saying(self.words("screen.filter.unreadable", reason=reason_of(found)), Voice.WRONG))
        elif isinstance(found, FilterError | NotesError):
            said.append(Saying(error_line(found, self.words), Voice.WRONG))
        else:
            self._counted_work, self._next_at = work, time.monotonic() + _REST * seconds
            said.append(Saying(filter_report.counts(found.account, self.words), Voice.TELL))
        self._tell(said)

    def _said(self, text: str) -> Saying:
        return Saying(self.words("form.expression", filter=safe_text(text)), Voice.OFFER)

    def _tell(self, sayings: list[Saying]) -> None:
        self._told.show(sayings)

    def action_apply(self) -> None:
        """Close with the expression, unless it is wrong."""
        from tcptui.dfilter.compile import compile_filter

        text = self.expression
        if not text:
            self.say(self.words("form.empty"))
            return
        try:
            compile_filter(text)
        except FilterError as error:
            self.say(error_line(error, self.words))
            return
        self.dismiss(text)
