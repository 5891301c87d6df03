"""Who owns a file or directory, and who else can change it."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress

_ROOT = 0
#: Permission to write, of the group and of others.
_GROUP, _OTHERS = stat.S_IWGRP, stat.S_IWOTH
#: Extended attribute of a POSIX access control list: its entries let named users write (acl(5)).
_ACCESS_LIST = "system.posix_acl_access"


class ForeignError(PermissionError):
    """The owner of what ``filename`` names is neither this user nor root."""


class ChangeableError(PermissionError):
    """Others than this user and root can write what ``filename`` names."""


def check(descriptor: int, name: str, *, strict: bool, on_the_way: bool = False) -> os.stat_result:
    """The status of the open file or directory ``name``, if only this user and root can change it.

    Unless ``strict``, this user's private group (`_is_private_group`) may write it.  A directory ``on_the_way`` to
    another may have the sticky bit, as /tmp has: who may write there can rename and remove only what is their own, and
    the next one on the way is checked, too.  Raises ForeignError, ChangeableError.
    """
    found = os.fstat(descriptor)
    check_owner(found, name)
    mode = found.st_mode
    if not mode & (_GROUP | _OTHERS) or (on_the_way and mode & stat.S_ISVTX):
        return found
    if strict or mode & _OTHERS or not _is_private_group(found) or _has_access_list(descriptor):
        raise ChangeableError(errno.EPERM, os.strerror(errno.EPERM), name)
    return found


def check_owner(found: os.stat_result, name: str) -> None:
    """Raise ForeignError unless this user or root owns what ``found`` is the status of."""
    if found.st_uid not in (_ROOT, os.geteuid()):
        raise ForeignError(errno.EPERM, os.strerror(errno.EPERM), name)


def _is_private_group(found: os.stat_result) -> bool:
    """Whether the group has nobody in it but the owner, this user, whose name it has.

    So are groups on Debian, Fedora and others ("user private groups"), where some sessions have the umask 002.
    """
    import grp
    import pwd

    with suppress(KeyError):
        me, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(found.st_gid)
        return (
            found.st_uid == me.pw_uid != _ROOT
            and me.pw_gid == found.st_gid
            and group.gr_name == me.pw_name
            and set(group.gr_mem) <= {me.pw_name}
            and all(other.pw_uid == me.pw_uid for other in pwd.getpwall() if other.pw_gid == found.st_gid)
        )
    return False


def _has_access_list(descriptor: int) -> bool:
    """Whether others may be named in an access control list; True where that cannot be found out."""
    if sys.platform != "linux":
        return True
    try:
        # A descriptor of O_PATH has no attributes; the path that /proc gives it has.
        return _ACCESS_LIST in os.listxattr(f"/proc/self/fd/{descriptor}")
    except OSError as error:
        return error.errno != errno.EOPNOTSUPP
