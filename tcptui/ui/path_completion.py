"""Completing the path of a capture: what a directory offers for what was typed so far."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

#: Suffixes that captures have; other files are offered after them.
_CAPTURES: Final = (".pcap", ".pcapng", ".cap", ".dmp", ".ntar", ".gz", ".zst")
#: Directory entries looked at; nobody reads more.
_MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class PathEntry:
    """One directory or file that fits."""

    path: Path
    is_directory: bool
    is_capture: bool
    """By its name."""
    size: int
    """Bytes."""
    modified: float
    """Seconds since the epoch."""


def expand(text: str) -> Path:
    """What was typed as a path: ``~`` is the home directory."""
    return Path(text).expanduser() if text.startswith("~") else Path(text)


def split(text: str) -> tuple[str, str]:
    """What was typed as directory (as typed, its slash included) and the beginning of a name."""
    cut = text.rfind("/") + 1
    return text[:cut], text[cut:]


def candidates(text: str) -> tuple[PathEntry, ...]:
    """Directories first, then captures, then other files whose name begins as ``text`` does.

    Case is ignored; hidden names are offered only when their dot was typed.  An
    unreadable directory offers nothing.
    """
    directory, begin = split(text)
    found: list[PathEntry] = []
    try:
        with os.scandir(expand(directory) if directory else Path()) as entries:
            for entry in islice(entries, _MOST):
                if not entry.name.casefold().startswith(begin.casefold()):
                    continue
                if entry.name.startswith(".") and not begin.startswith("."):
                    continue
                offered = _entry(entry)
                if offered is not None:
                    found.append(offered)
    except (OSError, RuntimeError):  # RuntimeError: there is no such home
        return ()
    return tuple(sorted(found, key=lambda one: (not one.is_directory, not one.is_capture, one.path.name.casefold())))


def _entry(entry: os.DirEntry[str]) -> PathEntry | None:
    try:
        is_directory = entry.is_dir()
        if not is_directory and not entry.is_file():
            return None  # sockets, devices, links to nowhere
        status = entry.stat()
    except OSError:
        return None
    is_capture = not is_directory and entry.name.casefold().endswith(_CAPTURES)
    return PathEntry(Path(entry.path), is_directory, is_capture, status.st_size, status.st_mtime)


def completed(text: str, offered: tuple[PathEntry, ...]) -> str:
    """``text`` lengthened as far as all of ``offered`` agree; a directory that is alone gets its slash."""
    directory, begin = split(text)
    names = [entry.path.name for entry in offered]
    if not names:
        return text
    if len(names) == 1:
        return directory + names[0] + ("/" if offered[0].is_directory else "")
    common = 0
    for letters in zip(*names, strict=False):
        if len({letter.casefold() for letter in letters}) > 1:
            break
        common += 1
    return directory + names[0][:common] if common > len(begin) else text
