"""What the program says on standard error: one line each, safe to print, in the user's language."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcptui.model.errors import InputError, TcptuiError
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.words.catalogue import Words


class CommandFailedError(TcptuiError):
    """A command cannot do what it was told; the message is in the catalogue's ``cli`` module."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.key = f"cli.{key}"


class UnreadableError(InputError):
    """Nothing of an input can be read; ``key`` is whole, as a session's notice has it."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.key = key


def say(message: str, words: Words) -> None:
    """One line on standard error; a standard error that is gone is nobody's loss."""
    if sys.stderr is None:
        return  # print would take standard output instead
    try:
        print(words("cli.prefix", message=message), file=sys.stderr, flush=True)
    except OSError:
        return


def error_line(error: TcptuiError, words: Words) -> str:
    """``error`` in the user's language, with nothing in it that could harm a terminal."""
    message = words(error.key, **safe_facts(error.facts))
    return message if error.hint is None else words(error.hint, message=message)


def safe_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """``facts`` with every text made safe: names and system messages come from outside."""
    return {name: safe_text(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
