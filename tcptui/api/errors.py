"""What the interface raises: one kind for captures, one for filters, each with a sentence that says what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcptui.dfilter.errors import FilterError as WrongFilter
from tcptui.model.errors import TcptuiError
from tcptui.words.errors import error_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.words.catalogue import Words


class CaptureError(Exception):
    """A capture cannot be read, or a result not be written."""


class CollisionError(CaptureError):
    """Under this key a replacement is another host of the same capture: another key is needed."""


class FilterError(ValueError):
    """A display filter or the name of a field is wrong."""


@contextmanager
def translated(words: Words) -> Iterator[None]:
    """Inside, errors of the program become those of the interface, with their sentence in the language of ``words``."""
    try:
        yield
    except WrongFilter as error:
        raise FilterError(error_line(error, words)) from error
    except TcptuiError as error:
        raise CaptureError(error_line(error, words)) from error
