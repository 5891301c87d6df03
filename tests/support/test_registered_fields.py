from __future__ import annotations

import pytest
from registered_fields import UnregisteredFieldError

from tcptui.protocols.headers.builder import Branch


def test_line_of_a_field_that_is_not_registered_fails_its_test() -> None:
    layer = Branch("Hypertext Transfer Protocol", 0, 4, "http")
    layer.add("Host: a", 0, 4, "http.host")
    layer.add("no field", 0, 4)
    assert [child.field for child in layer.freeze(4).children] == ["http.host", ""]

    layer.add("Host: a", 0, 4, "http.hots")
    with pytest.raises(UnregisteredFieldError, match=r"http\.hots"):
        layer.freeze(4)
