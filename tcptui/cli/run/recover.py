"""``tcptui recover``: lists, saves and deletes interrupted captures; also the messages about them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.spool.recover import delete_leftover, save_leftover
from tcptui.cli.inputs import give_up_root
from tcptui.cli.prompts import says_yes
from tcptui.cli.remains import leftovers
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import InputError
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import say
from tcptui.words.quantities import NO_BREAK, byte_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.capture.spool.recover import Leftover
    from tcptui.cli.commands import RecoverCommand
    from tcptui.words.catalogue import Words


def recover(command: RecoverCommand, words: Words) -> int:
    """List, save or delete; returns the exit code.  Raises TcptuiError.

    Runs as the user who called sudo, because that user owns the captures, and should own the saved file.
    """
    give_up_root()
    found = leftovers()
    if command.write is not None:
        _save(_one(found, command), command, Path(command.write), words)
        return 0
    if command.number is not None or command.name is not None:
        chosen = {found.index(_one(found, command)) + 1: _one(found, command)}
    else:
        chosen = dict(enumerate(found, 1))
    if not chosen:
        print(words("cli.recover.none"))
        return 0
    if command.delete:
        _delete(chosen, words, is_told=command.yes)
        return 0
    print(words("cli.recover.heading"))
    for number, leftover in chosen.items():
        print(_row(number, leftover, words))
    print(words("cli.recover.how", number=next(iter(chosen))))
    return 0


def _save(chosen: Leftover, command: RecoverCommand, target: Path, words: Words) -> None:
    with signals_unwind():
        saved = save_leftover(chosen.path, target, overwrite=command.overwrite)
    facts = {"packets": saved.packets, "date": date_text(chosen.modified), "size": size_text(saved.size)}
    print(words("cli.recover.saved", path=safe_text(str(target)), **facts))
    if saved.damaged_at is not None:
        say(words("cli.recover.damaged", offset=saved.damaged_at, packets=saved.packets), words)


def _delete(chosen: Mapping[int, Leftover], words: Words, *, is_told: bool) -> None:
    """Delete ``chosen``, by their numbers, once that was confirmed.  Raises InputError."""
    if not is_told:
        for number, leftover in chosen.items():
            say(_row(number, leftover, words), words)
        total = size_text(sum(leftover.size for leftover in chosen.values()))
        if not says_yes(words("cli.recover.ask", count=len(chosen), size=total), words):
            raise InputError("leftover_kept", count=len(chosen))
    for leftover in chosen.values():
        delete_leftover(leftover.path)
        print(words("cli.recover.deleted", path=safe_text(str(leftover.path)), size=size_text(leftover.size)))


def _one(found: Sequence[Leftover], command: RecoverCommand) -> Leftover:
    """The leftover of this name, or number, from 1; without either the only one.  Raises InputError."""
    number, name = command.number, command.name
    if name is not None:
        named = [leftover for leftover in found if name in {leftover.path.name, str(leftover.path)}]
        if not named:
            raise InputError("leftover_foreign", path=safe_text(name))
        return named[0]
    if number is None and len(found) > 1:
        raise InputError("leftover_which", count=len(found))
    try:
        return found[(number or 1) - 1]
    except IndexError as error:
        raise InputError("leftover_none", number=number or 1) from error


def _row(number: int, leftover: Leftover, words: Words) -> str:
    path = safe_text(str(leftover.path))
    date, size = date_text(leftover.modified), size_text(leftover.size)
    return words("cli.recover.row", number=number, path=path, date=date, size=size)


def say_leftovers(words: Words) -> None:
    """Print one line on standard error if interrupted captures can be recovered."""
    found = leftovers()
    if len(found) == 1:
        say(words("cli.recover.notice", **_facts(found[0])), words)
    elif found:
        total = size_text(sum(leftover.size for leftover in found))
        say(words("cli.recover.notice.more", count=len(found), date=date_text(found[-1].modified), size=total), words)


def _facts(leftover: Leftover) -> dict[str, str]:
    return {"date": date_text(leftover.modified), "size": size_text(leftover.size)}


def date_text(seconds: float) -> str:
    """Local date and time of ``seconds`` since the epoch; the same in every language."""
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M}"


def size_text(octets: int) -> str:
    """A size in bytes with a unit: ``812 B``, ``1.2 MB``."""
    return byte_size(octets).replace(NO_BREAK, " ")
