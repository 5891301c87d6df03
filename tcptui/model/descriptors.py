"""Redirects file descriptors of this process to the null device."""

from __future__ import annotations

import os


def redirect_to_null(*descriptors: int) -> None:
    """Redirect ``descriptors`` to the null device, so that later writes are discarded instead of failing."""
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
