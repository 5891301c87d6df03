"""Messages on standard error: one line each, safe to print, in the user's language."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcptui.model.errors import InputError, TcptuiError
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.words.catalogue import Words


class CommandFailedError(TcptuiError):
    """A command failed; ``key`` is the catalogue key of the message without its prefix ``cli``."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.key = f"cli.{key}"


class UnreadableError(InputError):
    """Nothing of an input can be read; ``key`` is a full catalogue key, as that of a session's notice."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.key = key


def say(message: str, words: Words) -> None:
    """Print one line on standard error; a write error is ignored."""
    if sys.stderr is None:
        return  # print would write to standard output instead
    try:
        print(words("cli.prefix", message=message), file=sys.stderr, flush=True)
    except OSError:
        return


def say_error(error: TcptuiError, words: Words) -> None:
    """Print ``error`` on standard error, what points at its place, and what else is wrong there."""
    for one in (error, *error.more):
        say(error_line(one, words), words)
        if sys.stderr is not None:
            for line in one.below:
                print(line, file=sys.stderr)


def error_line(error: TcptuiError, words: Words) -> str:
    """The message of ``error`` in the user's language, with its facts made safe for a terminal."""
    message = words(error.key, **safe_facts(error.facts))
    return message if error.hint is None else words(error.hint, message=message)


def safe_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """``facts`` with every text passed through `safe_text`: names and system messages come from outside."""
    return {name: safe_text(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
