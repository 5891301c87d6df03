from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest

from tcptui.session import jit_thread as compiling
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.jit_thread import BackgroundCompiler

if TYPE_CHECKING:
    from collections.abc import Iterator


def kernel() -> None:
    """Stands for machine code."""


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "AFTER_FIRST", 0)
    monkeypatch.setattr(compiling, "compiled_kernel", lambda: kernel)
    monkeypatch.setattr(compiling, "kernel_is_cached", lambda: True)


def test_kernel_is_there_when_the_worker_goes_on_and_is_given_once(at_once: None) -> None:
    announced = threading.Event()
    compiler = BackgroundCompiler()
    compiler.start(announced.set)
    assert compiler.take() is None
    compiler.begin()
    assert compiler.take() is kernel
    assert compiler.take() is None
    assert announced.wait(600)


@pytest.fixture
def never_compiled(at_once: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Machine code is not in the cache; another process compiles it until the event is set."""
    compiled = threading.Event()
    monkeypatch.setattr(compiling, "kernel_is_cached", lambda: False)
    monkeypatch.setattr(compiling, "PATIENCE", 3600)
    monkeypatch.setattr("tcptui.analysis.compile_ahead.compile_in_background", lambda _stop: compiled.wait(600))
    yield compiled
    compiled.set()


def test_first_compilation_on_a_machine_holds_nobody_up(never_compiled: threading.Event) -> None:
    announced = threading.Event()
    compiler = BackgroundCompiler()
    compiler.start(announced.set)
    compiler.begin()  # returns although `PATIENCE` is an hour
    assert compiler.take() is None
    never_compiled.set()
    assert announced.wait(600)
    assert compiler.take() is kernel


def test_kernel_that_is_ready_after_the_last_packet_is_not_loaded(never_compiled: threading.Event) -> None:
    announced = threading.Event()
    compiler = BackgroundCompiler()
    compiler.start(announced.set)
    compiler.begin()
    compiler.finish()
    never_compiled.set()
    assert announced.wait(600)
    assert compiler.take() is None


def test_compiler_that_was_not_started_keeps_nobody_waiting() -> None:
    compiler = BackgroundCompiler()
    compiler.begin()
    assert compiler.take() is None


def test_closed_compiler_compiles_nothing_and_lets_its_thread_go(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "AFTER_FIRST", 60)
    ended = threading.Event()
    compiler = BackgroundCompiler()
    compiler.start(ended.set)
    compiler.close()
    compiler.begin()
    assert ended.wait(600)
    assert compiler.take() is None


def test_nothing_is_collected_while_importing_even_when_it_fails() -> None:
    assert gc.isenabled()

    def fail() -> None:
        assert not gc.isenabled()
        raise ImportError

    with pytest.raises(ImportError), gc_paused_and_frozen():
        fail()
    assert gc.isenabled()
    gc.unfreeze()


def test_collections_begin_again_only_when_the_last_import_is_over() -> None:
    inner, outer = gc_paused_and_frozen(), gc_paused_and_frozen()
    outer.__enter__()
    inner.__enter__()  # in another thread, say
    outer.__exit__(None, None, None)
    assert not gc.isenabled()
    inner.__exit__(None, None, None)
    assert gc.isenabled()
    gc.unfreeze()
