"""Display filters of commands: what ``-Y`` says, and which packets and connections it shows.

What reads and applies filters is imported with the first one: most reports have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.errors import UsageError
from tcptui.model.field import Owner
from tcptui.session.reading_again import packets_read_again
from tcptui.words.errors import error_line, say
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.dfilter.errors import FilterError
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I64
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.words.catalogue import Words

    Mask = NDArray[np.bool_]


#: Characters of a corrected filter at most that is offered in one line.
_LONGEST_OFFERED: Final = 200


class WrongFilterError(UsageError):
    """The filter of an option or a rule is wrong; ``where`` names it, ``message`` says how."""

    def __init__(self, where: str, error: FilterError, words: Words) -> None:
        super().__init__("error.display-filter", where=where, message=filter_message(error, words))
        self.key = "cli.error.display-filter"


def filter_message(error: FilterError, words: Words) -> str:
    """What is wrong with a filter, and the corrected one where there is one."""
    message, hint = error_line(error, words), error.suggestion
    if hint is None or hint.replacement is None or len(hint.replacement) > _LONGEST_OFFERED:
        return message
    return f"{message} {words('filter.hint.try', filter=hint.replacement)}"


def compiled_filter(text: str, words: Words) -> Compiled:
    """The filter of ``-Y``.  Raises WrongFilterError."""
    from tcptui.dfilter.compile import compile_filter
    from tcptui.dfilter.errors import FilterError

    try:
        return compile_filter(text)
    except FilterError as error:
        raise WrongFilterError("-Y", error, words) from error


def judges(fields: Iterable[Field]) -> bool:
    """Whether connections must have been judged before ``fields`` are read: states and causes follow from that."""
    return any(field.owner is Owner.TCPTUI for field in fields)


def matching_rows(session: FilteredCapture, compiled: Compiled, words: Words) -> Mask:
    """Which rows of a session that has been read to its end match; a line says what could not be looked into.

    Raises WrongFilterError for what nothing reads.
    """
    from tcptui.dfilter.errors import FilterError
    from tcptui.session.filtering.run import FilterRun

    try:
        with packets_read_again(session):
            run = FilterRun(session, compiled)
            found = run.matching(0, session.store.count)
    except FilterError as error:
        raise WrongFilterError("-Y", error, words) from error
    say_unread(session, run.unread(0, session.store.count), "filter.unread", words)
    return found


def say_unread(session: FilteredCapture, rows: I64, key: str, words: Words) -> None:
    """Say, where there are any, that ``rows`` were asked for messages that nobody read."""
    if len(rows):
        connections = Count(len(sorted_unique(session.store.stream[rows])))
        say(words(key, n=Count(len(rows)), connections=connections), words)


def shown_streams(session: FilteredCapture, compiled: Compiled, words: Words) -> I64:
    """The connections of which any packet matches, ascending.  Raises WrongFilterError."""
    streams = session.store.stream[: session.store.count][matching_rows(session, compiled, words)]
    return np.unique(streams[streams >= 0]).astype(np.int64)
