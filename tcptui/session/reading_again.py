"""What the system says against reading packets once more, as an error of the program."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcptui.capture.file_source import FileChangedError
from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.access.open_capture import OpenCapture


@contextmanager
def packets_read_again(session: OpenCapture) -> Iterator[None]:
    """Inside, packets are read once more: what the system says against that is raised as InputError.

    What is written inside goes through a `Sink`, whose errors are others, or to a pipe without a reader.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except FileChangedError as error:
        raise InputError("file_changed", path=session.label) from error
    except OSError as error:
        raise InputError("read_failed", path=session.label, reason=reason_of(error)) from error
