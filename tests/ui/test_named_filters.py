"""Filters with names: in the settings file, in the prompt, in the palette; kept without touching other lines."""

from __future__ import annotations

import stat
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.errors import OutputError
from tcptui.ui.main.completing import completed
from tcptui.ui.main.prompt_line import PromptKind, SafeInput
from tcptui.ui.settings.config_file import LONGEST, read_settings
from tcptui.ui.settings.named_filters import NamedFilters, is_name, with_filter
from tcptui.ui.settings.problem import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

MINE = b"""\
# mine, and in this order
theme = "light"  # at night too

[filters]  # what I look for
resets = "tcp.flags.reset == 1"
  slow = 'tcp.analysis.ack_rtt > 0.2' # often

[keys]
sort = "d"
"""


# -- the file -----------------------------------------------------------------------------


def test_filters_of_the_file_are_read_right_or_wrong(tmp_path: Path) -> None:
    found = read_settings(tmp_path / "x", MINE + b"[filters2]\n")
    assert found.settings.filters == (("resets", "tcp.flags.reset == 1"), ("slow", "tcp.analysis.ack_rtt > 0.2"))
    assert [problem.fault for problem in found.problems] == [Fault.UNKNOWN]

    wrong = read_settings(tmp_path / "x", b'[filters]\na = "tcp.porrt =="\n"b c" = "tcp"\nd = 3\n"" = "tcp"\ne = " "\n')
    assert wrong.settings.filters == (("a", "tcp.porrt =="),)
    assert [problem.fault for problem in wrong.problems] == [
        Fault.NO_FILTER_NAME, Fault.NO_FILTER, Fault.NO_FILTER_NAME, Fault.NO_FILTER,
    ]  # fmt: skip
    assert [one.fault for one in read_settings(tmp_path / "x", b"filters = 3").problems] == [Fault.NO_FILTERS]


def test_new_filter_is_a_line_at_the_end_of_its_table() -> None:
    changed = with_filter(MINE, "syns", 'tcp.flags == "0x002"')

    before, after = MINE.decode().splitlines(), changed.decode().splitlines()
    assert [line for line in after if line not in before] == ['syns = "tcp.flags == \\"0x002\\""']
    assert after.index('syns = "tcp.flags == \\"0x002\\""') == 6
    assert [line for line in before if line not in after] == []


def test_filter_of_that_name_gets_another_text() -> None:
    changed = with_filter(MINE, "slow", "tcp").decode()

    assert 'slow = "tcp"\n' in changed
    assert len(changed.splitlines()) == len(MINE.splitlines())
    assert tomllib.loads(changed)["filters"] == {"resets": "tcp.flags.reset == 1", "slow": "tcp"}


@pytest.mark.parametrize(
    "content",
    [b"", b"\xef\xbb\xbf", b"theme = 'light'", b"theme = 'light'\n[keys]\n", b"[filters]", b"[filters]\r\n\r\n"],
)
def test_table_is_begun_where_there_is_none(content: bytes) -> None:
    changed = with_filter(content, "慢", "tcp")

    assert tomllib.loads(changed.removeprefix(b"\xef\xbb\xbf").decode())["filters"] == {"慢": "tcp"}
    assert changed.startswith(content.rstrip())


@pytest.mark.parametrize(
    "content",
    [
        b"[filters", b"\xff", b"filters = 3", b"filters = { a = 'tcp' }", b"filters.a = 'tcp'",
        b'[filters]\nx = """\nslow = "a"\n"""\n', b'x = """\n[filters]\n"""\n', b"#" * LONGEST,
        b'[filters]\nslow = """\ntcp"""\n',
    ],
)  # fmt: skip
def test_file_that_cannot_be_changed_line_by_line_stays_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    named = NamedFilters(path, [("old", "udp")])

    with pytest.raises(OutputError):
        named.keep("slow", "tcp")
    assert path.read_bytes() == content
    assert dict(named.all) == {"old": "udp"}


@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40), st.sampled_from(["a", "慢.1", "9-x"])
)
def test_any_text_comes_back(text: str, name: str) -> None:
    assert tomllib.loads(with_filter(MINE, name, text).decode())["filters"][name] == text


def test_kept_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    target.write_bytes(MINE)
    target.chmod(0o644)
    link.symlink_to(target)

    NamedFilters(link).keep("syns", "tcp.flags.syn == 1")

    assert link.is_symlink()
    assert b"syns = " in target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert {each.name for each in tmp_path.iterdir()} == {target.name, link.name}


def test_first_filter_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tcptui" / "config.toml"
    named = NamedFilters(path)
    named.keep("syns", "tcp.flags.syn == 1")

    assert read_settings(path, path.read_bytes()).settings.filters == (("syns", "tcp.flags.syn == 1"),)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_file_it_is_kept_for_this_run() -> None:
    named = NamedFilters()
    named.keep("syns", "tcp")

    assert dict(named.all) == {"syns": "tcp"}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("slow-1.a", True), ("慢", True), ("a b", False), ("-a", False), ("", False), ("a" * 41, False)],
)
def test_names(text: str, is_one: bool) -> None:
    assert is_name(text) is is_one


# -- completion ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rest", "becomes", "offered"),
    [
        ("slow", "", "a or b", ()),
        ("slo", "", "a or b", ()),
        ("slow", " and tcp", "(a or b)", ()),
        ("tcp and slow", "", "tcp and (a or b)", ()),
        ("not (slow", "", "not ((a or b)", ()),
        ("syn", "", "syn", ("syn1", "syn2")),
        ("tcp.flags.syn == slow", "", "tcp.flags.syn == slow", ()),
    ],
)
def test_name_is_completed_to_its_filter(
    mixed_session: Session, text: str, rest: str, becomes: str, offered: tuple[str, ...]
) -> None:
    named = {"slow": "a or b", "syn1": "c", "syn2": "d"}
    found = completed(mixed_session, text, lambda: False, named, rest)

    assert (found.text, found.offered) == (becomes, offered)


def test_name_that_begins_as_a_field_is_offered_beside_it(mixed_session: Session) -> None:
    found = completed(mixed_session, "tcp.fla", lambda: False, {"tcp.flaky": "tcp"})

    assert found.offered[0] == "tcp.flaky"
    assert "tcp.flags" in found.offered


# -- the screen ---------------------------------------------------------------------------


async def typed(shown: Shown, text: str, *then: str) -> None:
    await shown.pilot.press("slash", "ctrl+u")
    shown.screen.prompt.query_one(SafeInput).insert_text_at_cursor(text)
    await shown.settle()
    await shown.press(*then)


async def test_filter_is_named_in_the_prompt_and_used_by_name(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await typed(shown, "tcp.flags.reset == 1", "ctrl+s")
        assert shown.screen.prompt.kind is PromptKind.NAME
        await shown.press("a", "space", "b", "enter")
        assert shown.screen.prompt.is_open, "a name has no blanks"
        await shown.press("ctrl+u", "r", "s", "t", "s", "enter")
        assert shown.screen.controllers.filtering.wanted == "tcp.flags.reset == 1"
        assert any("rsts" in line for line in shown.lines())
        await shown.press("escape")
        await typed(shown, "rst", "tab", "enter")
        assert shown.screen.controllers.filtering.wanted == "tcp.flags.reset == 1"


async def test_wrong_filter_is_not_named(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        for text in ("tcp.porrt == 1", "some words"):
            await typed(shown, text, "ctrl+s")
            assert (shown.screen.prompt.kind, shown.screen.prompt.text) == (PromptKind.NARROW, text)
            await shown.press("escape")


async def test_palette_names_them_and_a_wrong_one_says_so_and_is_not_lost(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        shown.screen.app.named_filters = NamedFilters(
            None, [("good", "tcp.flags.reset == 1"), ("bad", "tcp.porrt == 1")]
        )
        entries = {entry.title: entry for entry in shown.screen.palette_entries()}
        assert entries["Filter: good"].now == "tcp.flags.reset == 1"
        assert entries["Filter: bad"].now == "wrong"
        await shown.screen.run_action(entries["Filter: good"].action)
        await shown.settle()
        assert [int(one) for one in shown.screen.workspace.connections.index.order] == [2]
        await shown.screen.run_action(entries["Filter: bad"].action)
        await shown.settle()
        assert shown.screen.prompt.text == "tcp.porrt == 1"
        assert any("There is no field tcp.porrt" in line for line in shown.lines())
        assert [int(one) for one in shown.screen.workspace.connections.index.order] == [2], "what was shown stays"


async def test_filter_that_is_on_is_named_from_the_palette(show: Show, mixed_session: Session, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    async with show(mixed_session) as shown:
        shown.screen.app.named_filters = NamedFilters(path)
        await shown.screen.run_action("keep_filter")
        assert not shown.screen.prompt.is_open, "no filter is on"
        shown.screen.controllers.filtering.filter_by("udp")
        await shown.settle()
        await shown.screen.run_action("keep_filter")
        await shown.press("u", "enter")
        assert path.read_text() == '[filters]\nu = "udp"\n'
        path.write_text("[filters")
        await shown.screen.run_action("keep_filter")
        await shown.press("2", "enter")
        assert any("u2" in line and "[filters]" in line for line in shown.lines()), "what to write there"
        assert path.read_text() == "[filters"
