"""Many named tuples made quickly."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T", bound=tuple[Any, ...])


def maker_of(kind: type[_T]) -> Callable[[tuple[Any, ...]], _T]:
    """Makes a named tuple of that ``kind`` of its values: its `_make`, without a function in Python between."""
    return cast("Callable[[tuple[Any, ...]], _T]", partial(tuple.__new__, kind))
