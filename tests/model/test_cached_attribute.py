"""A property is made once, and nobody waits for another object's."""

from __future__ import annotations

import threading

import pytest

from tcptui.model.cached_attribute import cached_attribute

WAITS_S = 30


class Slow:
    """Makes what it has when it is let go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.made = 0

    @cached_attribute
    def value(self) -> list[int]:
        """How often it was made."""
        self.begun.set()
        assert self.go_on.wait(WAITS_S)
        self.made += 1
        return [self.made]


def test_it_is_made_once() -> None:
    one = Slow()
    one.go_on.set()

    assert one.value is one.value
    assert one.made == 1


def test_another_object_need_not_wait() -> None:
    one, other = Slow(), Slow()
    other.go_on.set()
    thread = threading.Thread(target=lambda: one.value)
    thread.start()
    assert one.begun.wait(WAITS_S)

    assert other.value == [1]
    assert thread.is_alive()
    one.go_on.set()
    thread.join(WAITS_S)
    assert one.value == [1]


def test_what_could_not_be_made_is_made_when_it_is_asked_for_again() -> None:
    class Fails:
        tries = 0

        @cached_attribute
        def value(self) -> int:
            self.tries += 1
            if self.tries == 1:
                raise OSError("gone")
            return self.tries

    one = Fails()
    with pytest.raises(OSError, match="gone"):
        _ = one.value

    assert one.value == 2
