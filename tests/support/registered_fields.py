"""Every line of every header tree that a test builds names a field of the registry, or none.

A name that is put together of parts (``f"mqtt.{name}"``) stands nowhere in the program's text, where
`tests/model/test_field_names.py` looks.
"""

from __future__ import annotations

import pytest

from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.builder import Branch, Kept
from tcptui.protocols.headers.node import Node

_freeze = Branch.freeze


class UnregisteredFieldError(BaseException):
    """No error of the program's: nothing there may catch it."""


def _checked(branch: Branch, captured: int, kept: Kept | None = None) -> Node:
    if branch.field not in FIELDS and branch.field not in ("", "root"):
        raise UnregisteredFieldError(f"{branch.field}: {branch.label}")
    return _freeze(branch, captured, kept)


@pytest.fixture(autouse=True, scope="session")
def _registered_fields() -> None:
    """From the first test on."""
    Branch.freeze = _checked  # type: ignore[method-assign]
