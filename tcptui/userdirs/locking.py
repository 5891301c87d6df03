"""An exclusive lock with a bound, so that programs change a file one after the other."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How long another program may have the lock, in seconds: it reads and writes one small file meanwhile.
PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.002
#: Errors of flock(2) on file systems without locks: the change is then made without.
_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EBADF})


@contextmanager
def locked(descriptor: int) -> Iterator[None]:
    """Hold the lock of an open file or directory (flock(2)) during the block; that of a killed program is freed.

    Raises TimeoutError, an OSError, when another program has had it for `PATIENCE_S`.
    """
    is_ours = _take(descriptor, time.monotonic() + PATIENCE_S)
    try:
        yield
    finally:
        if is_ours:
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def _take(descriptor: int, until: float) -> bool:
    """Take the lock before ``until`` (`time.monotonic`); False on a file system that has none."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError(errno.EBUSY, os.strerror(errno.EBUSY)) from None
            time.sleep(_LOOK_S)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return False
        else:
            return True
