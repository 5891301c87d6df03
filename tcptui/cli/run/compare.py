"""``compare A B``: what two sets of connections differ in, as text, as JSON or as a page."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tcptui.cli.commands import STANDARD_STREAM
from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.read_files import replaceable
from tcptui.cli.run.filtering import WrongFilterError, judges
from tcptui.cli.run.load import exit_code, has_failed, read_whole, write, write_text
from tcptui.cli.run.own_findings import own_rules
from tcptui.cli.run.packets import named_field
from tcptui.cli.run.pages import write_page
from tcptui.cli.run.requests import FoundRequests
from tcptui.compare.compare import compare
from tcptui.compare.divide import by_masks, by_time
from tcptui.compare.gather import gather, request_row
from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import safe_text
from tcptui.session.comparing import streams_with, values_by_stream
from tcptui.session.reading_again import packets_read_again
from tcptui.session.sharing import Sharing
from tcptui.words.compare_refusal import require_both, require_connections, require_no_copy, require_split
from tcptui.words.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.cli.commands import CompareCommand
    from tcptui.cli.inputs import Input
    from tcptui.compare.cautions import Caution
    from tcptui.compare.compare import Comparison
    from tcptui.compare.gather import RequestRow
    from tcptui.compare.side import Side
    from tcptui.dfilter.compile import Compiled
    from tcptui.model.field import Field
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words


def write_comparison(command: CompareCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    if command.html == STANDARD_STREAM and sys.stdout.isatty():
        raise OutputError("output_terminal")
    asked = _Asked(command, words)
    with ExitStack() as stack:
        opened = open_inputs(command.files, stack, words)
        _require_two(opened, command)
        own = own_rules(command.common, words)
        may_replace = replaceable(command.common, opened, overwrite=command.overwrite)
        if command.html and command.html != STANDARD_STREAM:
            may_replace.check(Path(command.html))
        refuse_unreadable_among(opened)
        sessions = [read_whole(command.common, [one], words, own, judges=asked.judges, workers=1) for one in opened]
        if any(map(has_failed, sessions)):
            return 1
        comparison = _compared(command, asked, sessions, words)
        if command.html:
            from tcptui.cli.report.page.compared import compared_page

            write_page(command.html, compared_page(comparison, words), sessions, may_replace, words)
        if command.as_json:
            from tcptui.cli.report.compared_json import compared_as_json

            write([compared_as_json(comparison, words), "\n"])
        elif not command.html:
            from tcptui.cli.report.compared_text import compared_as_text

            write_text(compared_as_text(comparison, words, ascii_only=command.common.ascii_only))
        return max(exit_code(session, [one.source]) for session, one in zip(sessions, opened, strict=True))


class _Asked:
    """The filters and the field of a command line."""

    def __init__(self, command: CompareCommand, words: Words) -> None:
        self._words = words
        self.shown, self.of_a, self.of_b = (
            self._filter(option, text)
            for option, text in (("-Y", command.display_filter), ("--a", command.of_a), ("--b", command.of_b))
        )
        self.field: Field | None = named_field(command.group) if command.group else None
        filters = [one for one in (self.shown, self.of_a, self.of_b) if one is not None]
        self.judges = any(judges(one.fields) for one in filters) or (self.field is not None and judges([self.field]))

    def _filter(self, option: str, text: str) -> Compiled | None:
        if not text:
            return None
        try:
            return compile_filter(text)
        except FilterError as error:
            raise WrongFilterError(option, error, self._words) from error

    def matching(self, session: Session, option: str, compiled: Compiled | None) -> NDArray[np.bool_]:
        """The connections that have a packet which matches, None: all.

        Raises CommandFailedError where none has.
        """
        if compiled is None:
            return np.ones(session.streams.count, np.bool_)
        try:
            with packets_read_again(session):
                found = streams_with(session, compiled)
        except FilterError as error:
            raise WrongFilterError(option, error, self._words) from error
        if not found.any():
            raise CommandFailedError("error.compare-nothing", option=option, file=session.label)
        return found


def _require_two(opened: list[Input], command: CompareCommand) -> None:
    """Raise CommandFailedError where both files are one."""
    if len(opened) < 2:
        return
    first, second = (one.raw for one in opened)
    if first is not None and second is not None and os.path.sameopenfile(first, second):
        a, b = map(safe_text, command.files)
        raise CommandFailedError("error.compare-itself", a=a, b=b)


def _compared(command: CompareCommand, asked: _Asked, sessions: list[Session], words: Words) -> Comparison:
    sides, groups = [], []
    for session, file in zip(sessions, command.files, strict=True):
        require_connections(session)
        shown = asked.matching(session, "-Y", asked.shown)
        whole = gather(session, _requests(session, command, words), [file])
        group = None
        if asked.field is not None:
            with packets_read_again(session):
                group = values_by_stream(session, asked.field)
        sides.append(whole.of(shown))
        groups.append(None if group is None else group[shown])
    if len(sides) == 2:
        a, b = sides
        require_no_copy(a, b)
        return compare(a, b, by=command.group, groups=_both(groups[0], groups[1]))
    return _divided(command, asked, sessions[0], sides[0], groups[0])


def _divided(
    command: CompareCommand, asked: _Asked, session: Session, whole: Side, group: NDArray[np.object_] | None
) -> Comparison:  # fmt: skip
    """The comparison of two parts of one capture."""
    noticed: tuple[Caution, ...] = ()
    if command.split_ns is not None:
        at_ns = command.split_ns + (0 if command.is_clock else whole.about.begin_ns)
        require_split(session, whole, at_ns)
        a, b = by_time(whole, at_ns)
    else:
        of_a, of_b = asked.matching(session, "--a", asked.of_a), asked.matching(session, "--b", asked.of_b)
        a, b, noticed = by_masks(whole, of_a[whole.streams], of_b[whole.streams])
    require_both(a, b)
    parts = (None, None) if group is None else tuple(_of(whole, group, side) for side in (a, b))
    return compare(a, b, by=command.group, groups=_both(*parts), noticed=noticed)


def _of(whole: Side, group: NDArray[np.object_], side: Side) -> NDArray[np.object_]:
    return group[np.searchsorted(whole.streams, side.streams)]


def _both(
    a: NDArray[np.object_] | None, b: NDArray[np.object_] | None
) -> tuple[NDArray[np.object_], NDArray[np.object_]] | None:  # fmt: skip
    return None if a is None or b is None else (a, b)


def _requests(session: Session, command: CompareCommand, words: Words) -> Iterator[RequestRow]:
    """The requests of ``session``, read by several processes."""
    found = FoundRequests(session, Sharing.among(command.workers), None, words)
    with closing(found.made(lambda pairs: [request_row(one) for one, _ in pairs])) as parts:
        for part in parts:
            yield from part
