"""A property that is made when it is first asked for, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class cached_attribute(Generic[T]):  # noqa: N801  (a decorator, named as `cached_property` is)
    """A `functools.cached_property` for which two threads never wait for each other.

    Up to Python 3.11 all objects of a class share that one's lock: while one connection is read, which may take
    seconds, nobody could read another.  Two threads that ask at once for the same both make it; one of these is kept.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> cached_attribute[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | cached_attribute[T]:
        if instance is None:
            return self
        found: T = instance.__dict__.setdefault(self._name, self._make(instance))
        return found
