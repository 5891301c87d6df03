"""The key of a mapping: a file that its owner alone can read, or a number drawn for one run."""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.redact.mapping import KEY_BYTES

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES: Final = 1 << 16
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def drawn_key() -> bytes:
    """A key that is used once and kept nowhere."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(path: Path) -> bytes:
    """The key in the file ``path``.

    Raises InputError where it cannot be read, others may read or write it, or it is too short.
    """
    name = safe_text(str(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError("redact_key_unreadable", path=name, reason=reason_of(error)) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise InputError("redact_key_no_file", path=name)
        if found.st_mode & _OTHERS or found.st_uid not in (0, os.geteuid()):
            raise InputError("redact_key_open", path=name)
        key = os.read(descriptor, _MOST_BYTES)
    except OSError as error:
        raise InputError("redact_key_unreadable", path=name, reason=reason_of(error)) from error
    finally:
        os.close(descriptor)
    if len(key) < KEY_BYTES:
        raise InputError("redact_key_short", path=name, least=KEY_BYTES)
    return key
