"""The form of a filter: words make an expression, values that occur are offered, keys and mouse reach every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from screen_lines import screen_lines

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.types import INTEGERS, type_of
from tcptui.model.field import FieldType
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.run import FilterRun, is_readable
from tcptui.ui.main.filter_form import MOST, RELATION, SUBJECT, VALUE, FilterForm
from tcptui.ui.main.form_rows import SUBJECTS, Condition, Join, Relation, expression_of, narrowed, plain_value
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

#: What has an order that people mean.
ORDERED = INTEGERS | {FieldType.RELATIVE_TIME}
OF = {subject.name: subject for subject in SUBJECTS}
#: A value that each subject takes.
VALUES = {"host": "10.0.0.1", "client": "10.0.0.1", "server": "fe80::1", "severity": "error", "finding": "zero-window"}


# -- the expression -----------------------------------------------------------------------


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_subject_and_relation_makes_a_filter_that_can_be_asked(subject: Any, mixed_session: Session) -> None:
    for relation in subject.relations:
        condition = Condition(subject, relation, VALUES.get(subject.name, "12"))
        compiled = compile_filter(condition.expression)
        FilterRun(mixed_session, compiled).matching(0, mixed_session.store.count)
        assert all(is_readable(field) for field in compiled.fields)
        assert [remark for remark in compiled.remarks if "exist" in remark.key.value] == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_only_numbers_and_times_are_more_or_less_than_another(subject: Any) -> None:
    """Of texts "99" is more than "500"."""
    asks_order = not {Relation.MORE, Relation.LESS, Relation.AT_LEAST}.isdisjoint(subject.relations)

    assert asks_order == (subject.field in FIELDS and type_of(FIELDS[subject.field]) in ORDERED)


@pytest.mark.parametrize("language", Language)
def test_every_subject_and_relation_has_words(language: Language) -> None:
    words = Words(language)
    titles = [words(f"form.subject.{subject.name}") for subject in SUBJECTS]

    assert len(set(titles)) == len(titles)
    assert all(words(f"form.relation.{relation.value}") for relation in Relation)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition(OF["host"], Relation.IS, "10.0.0.1"), "ip.addr == 10.0.0.1"),
        (Condition(OF["host"], Relation.IS_NOT, "fe80::1"), "not ipv6.addr == fe80::1"),
        (Condition(OF["finding"], Relation.IS, "zero-window"), 'tcptui.finding == "zero-window"'),
        (Condition(OF["text"], Relation.CONTAINS, 'a"b\\'), r'tcp.payload contains "a\"b\\"'),
        (Condition(OF["answer-time"], Relation.MORE, " 1.5 "), "tcptui.request.duration > 1.5"),
        (Condition(OF["status"], Relation.CONTAINS, "50"), 'tcptui.request.status contains "50"'),
        (Condition(OF["status"], Relation.BEGINS, "5"), 'tcptui.request.status matches "^5"'),
        (Condition(OF["status"], Relation.BEGINS, "a.b"), r'tcptui.request.status matches "^a\\.b"'),
        (Condition(OF["reset"], Relation.OCCURS), "tcp.flags.reset == 1"),
        (Condition(OF["marked"], Relation.OCCURS_NOT), "not tcptui.marked"),
        (Condition(OF["host"], Relation.IS, " "), ""),
    ],
)
def test_condition_is_written_in_the_language(condition: Condition, text: str) -> None:
    assert condition.expression == text


def test_conditions_are_joined_and_incomplete_ones_left_out() -> None:
    first, second = Condition(OF["reset"], Relation.OCCURS), Condition(OF["packet"], Relation.LESS, "9", Join.OR)

    assert expression_of([first, second]) == "tcp.flags.reset == 1 or frame.number < 9"
    assert expression_of([Condition(), second, first]) == "frame.number < 9 and tcp.flags.reset == 1"
    assert expression_of([Condition()]) == ""


def test_another_subject_keeps_the_relation_that_it_has_and_no_value() -> None:
    condition = Condition(OF["packet"], Relation.MORE, "9")

    assert condition.about(OF["answer-time"]) == Condition(OF["answer-time"], Relation.MORE)
    assert condition.about(OF["finding"]) == Condition(OF["finding"], Relation.IS)
    assert condition.about(OF["packet"]) is condition


def test_typing_finds_beginnings_first_and_values_lose_their_quotes() -> None:
    assert narrowed(["Server port", "port", "Client"], "PORT") == [1, 0]
    assert narrowed(["a", "b"], "") == [0, 1]


@pytest.mark.parametrize(
    ("language", "typed", "subject"),
    [(Language.EN, "host", "host"), (Language.EN, "address", "host"), (Language.ZH, "主机", "host")],
)
def test_subject_is_found_by_the_word_that_people_have_for_it(language: Language, typed: str, subject: str) -> None:
    words = Words(language)
    found = narrowed([words(f"form.subject.{one.name}") for one in SUBJECTS], typed)
    assert subject in [SUBJECTS[place].name for place in found]
    assert [plain_value(text) for text in ('"GET /a"', "80", r'"a\x0a"')] == ["GET /a", "80", ""]


# -- the screen ---------------------------------------------------------------------------


def form_of(shown: Shown) -> FilterForm:
    return cast("FilterForm", shown.pilot.app.screen)


async def rest(shown: Shown) -> str:
    """Wait until the form has counted; what stands on the terminal."""
    form = form_of(shown)
    await until(lambda: form.settled)
    await shown.pilot.pause()
    return "\n".join(screen_lines(shown.pilot.app.screen))


async def opened(shown: Shown) -> FilterForm:
    await shown.pilot.press("slash", "ctrl+o")
    await until(lambda: isinstance(shown.pilot.app.screen, FilterForm))
    await rest(shown)
    return form_of(shown)


SIZES = [(60, 16), (80, 24), (120, 40), (200, 50)]


@pytest.mark.each_value
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_whole_on_every_terminal(
    show: Show, mixed_session: Session, size: tuple[int, int], language: Language
) -> None:
    async with show(mixed_session, size, language) as shown:
        form = await opened(shown)
        await shown.pilot.press("tab", "tab", *"10.0.0.1")
        await shown.pilot.press("ctrl+n", "ctrl+n")
        text = await rest(shown)
        assert form.words("form.title") in text
        assert "ip.addr == 10.0.0.1" in text
        assert form.words("form.key.apply") in text, "the keys"
        assert "31" in text, "how many packets there are"
        choices = form.query_one("#form-choices").region
        assert choices.height >= 3
        assert choices.bottom <= size[1]


async def test_filled_by_keys_and_applied(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        form = await opened(shown)
        await shown.pilot.press(*"port", "tab", "tab")
        await rest(shown)
        assert (form.conditions[0].subject.name, form.column) == ("server-port", VALUE)
        await shown.pilot.press("down")
        first = form.conditions[0].value
        assert first in {"80", "8443", "2222"}
        await shown.pilot.press("ctrl+u", *"8443")
        text = await rest(shown)
        assert "tcptui.server.port == 8443" in text
        assert "2 of 31 packets" in text
        await shown.pilot.press("enter")
        await shown.settle()
        assert [int(one) for one in shown.screen.workspace.connections.index.order] == [2]
        assert not shown.screen.prompt.is_open
        await shown.press("slash")
        assert shown.screen.prompt.text == "tcptui.server.port == 8443"


async def test_what_begins_like_a_choice_and_is_none_leaves_what_the_cell_held(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        form = await opened(shown)
        await shown.pilot.press(*"tcp.po")
        assert form.conditions[0].subject.name == "host"
        await shown.pilot.press("tab")
        assert form.column == SUBJECT
        assert shown.screen.words("form.none.choice") in await rest(shown)

        await shown.pilot.press("ctrl+u", *"tcp.pay", "tab")
        assert (form.conditions[0].subject.name, form.column) == ("text", RELATION)


async def test_lines_are_joined_added_and_removed(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        form = await opened(shown)
        await shown.pilot.press(*"reset")
        await shown.pilot.press("ctrl+n", *"zero", "shift+tab", "down")
        await rest(shown)
        assert form.expression == "tcp.flags.reset == 1 or tcp.analysis.zero_window"
        await shown.pilot.press("ctrl+t")
        assert form.expression == "tcp.flags.reset == 1"
        await shown.pilot.press("ctrl+t")
        assert (form.expression, len(form.conditions)) == ("", 1)
        await shown.pilot.press(*["ctrl+n"] * (MOST + 1))
        assert len(form.conditions) == MOST
        await shown.pilot.press("enter")
        assert shown.pilot.app.screen is form, "nothing to filter by"


async def test_wrong_value_is_told_and_not_applied(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        form = await opened(shown)
        await shown.pilot.press("tab", "tab", *"10.0.0.999")
        text = await rest(shown)
        assert "10.0.0.999" in text
        assert "is not a value of" in text
        await shown.pilot.press("enter")
        assert shown.pilot.app.screen is form
        await shown.pilot.press("escape")
        await shown.settle()
        assert shown.screen.controllers.filtering.matching is None


async def test_mouse_reaches_cells_and_choices(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        form = await opened(shown)
        await shown.pilot.click("#form-conditions", offset=(40, 1))
        assert form.column == RELATION
        await shown.pilot.click("#form-choices", offset=(5, 2))
        assert form.conditions[0].relation is Relation.IS_NOT
        await shown.pilot.click("#form-conditions", offset=(10, 1))
        assert form.column == SUBJECT
        await shown.pilot.click("#form-choices", offset=(5, 1 + 3))
        assert form.conditions[0].subject == SUBJECTS[3]
        await shown.pilot.click("#form-conditions", offset=(70, 1))
        await rest(shown)
        await shown.pilot.click("#form-choices", offset=(5, 1))
        assert form.conditions[0].value
        assert form.conditions[0].expression.startswith("not tcptui.server.port == ")
        await shown.pilot.press("enter")
        await shown.settle()
        assert shown.screen.controllers.filtering.wanted.startswith("not tcptui.server.port == ")


async def test_findings_are_offered_with_their_names(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        form = await opened(shown)
        await shown.pilot.press(*"finding", "tab", "tab")
        text = await rest(shown)
        assert "connection-refused  Connection refused" in text
        await shown.pilot.press(*"refu", "down")
        assert form.expression == 'tcptui.finding == "connection-refused"'


async def test_palette_opens_it_too(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        assert any(entry.action == "filter_form" for entry in shown.screen.palette_entries())
        await shown.screen.run_action("filter_form")
        await until(lambda: isinstance(shown.pilot.app.screen, FilterForm))


def test_fields_of_the_form_are_known() -> None:
    assert {subject.field for subject in SUBJECTS if subject.relations[0].has_value} <= FIELDS.keys()


@pytest.mark.parametrize("language", Language)
async def test_choices_tell_how_the_language_says_them_and_why_there_are_none(
    show: Show, mixed_session: Session, language: Language
) -> None:
    async with show(mixed_session, (80, 24), language) as shown:
        screen = await opened(shown)
        text = "\n".join(screen_lines(screen))
        assert "ip.addr" in text
        assert "tcptui.server.port" in text

        await shown.pilot.press("8", "0")
        assert any(Words(language)("form.none.choice") in line for line in screen_lines(screen))

        await shown.pilot.press("backspace", "backspace", "tab", "tab", "q", "q")
        await rest(shown)
        assert any(Words(language)("form.none.value") in line for line in screen_lines(screen))
