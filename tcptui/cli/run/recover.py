"""``tcptui recover``: lists, saves and deletes interrupted captures; also the messages about them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.spool.recover import delete_leftover, find_leftovers, save_leftover
from tcptui.cli.inputs import give_up_root
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import InputError
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import say
from tcptui.words.quantities import NO_BREAK, byte_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.capture.spool.recover import Leftover
    from tcptui.cli.commands import RecoverCommand
    from tcptui.words.catalogue import Words


def recover(command: RecoverCommand, words: Words) -> int:
    """List, save or delete; returns the exit code.  Raises TcptuiError.

    Runs as the user who called sudo, because that user owns the captures, and should own the saved file.
    """
    give_up_root()
    found = find_leftovers()
    if command.write is not None:
        chosen = _one(found, command.number)
        with signals_unwind():
            save_leftover(chosen.path, Path(command.write))
        print(words("cli.recover.saved", path=safe_text(command.write), **_facts(chosen)))
        return 0
    if command.delete:
        for leftover in found if command.number is None else [_one(found, command.number)]:
            delete_leftover(leftover.path)
            print(words("cli.recover.deleted", path=safe_text(str(leftover.path)), size=size_text(leftover.size)))
        if found:
            return 0
    if not found:
        print(words("cli.recover.none"))
        return 0
    print(words("cli.recover.heading"))
    for number, leftover in enumerate(found, 1):
        if command.number in {None, number}:
            path = safe_text(str(leftover.path))
            print(words("cli.recover.row", number=number, path=path, **_facts(leftover)))
    print(words("cli.recover.how", number=command.number or 1))
    return 0


def _one(found: Sequence[Leftover], number: int | None) -> Leftover:
    """The leftover of this number, from 1; without a number the only one.  Raises InputError."""
    if number is None and len(found) > 1:
        raise InputError("leftover_which", count=len(found))
    try:
        return found[(number or 1) - 1]
    except IndexError as error:
        raise InputError("leftover_none", number=number or 1) from error


def say_leftovers(words: Words) -> None:
    """Print one line on standard error if interrupted captures can be recovered."""
    found = find_leftovers()
    if len(found) == 1:
        say(words("cli.recover.notice", **_facts(found[0])), words)
    elif found:
        total = size_text(sum(leftover.size for leftover in found))
        say(words("cli.recover.notice.more", count=len(found), date=date_text(found[0].modified), size=total), words)


def say_kept(words: Words) -> None:
    """Print one line on standard error: the program ended abnormally, but its capture is kept."""
    say(words("cli.recover.kept"), words)


def _facts(leftover: Leftover) -> dict[str, str]:
    return {"date": date_text(leftover.modified), "size": size_text(leftover.size)}


def date_text(seconds: float) -> str:
    """Local date and time of ``seconds`` since the epoch; the same in every language."""
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M}"


def size_text(octets: int) -> str:
    """A size in bytes with a unit: ``812 B``, ``1.2 MB``."""
    return byte_size(octets).replace(NO_BREAK, " ")
