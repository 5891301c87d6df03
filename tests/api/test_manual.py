"""The examples of the manual's pages about Python run, and print what the pages say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["api.md", "api.zh.md"])
def test_examples_print_what_the_page_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = "\n".join(EXAMPLES.findall((ROOT / "tcptui" / "docs" / page).read_text("utf-8")))
    examples = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    said: list[str] = []

    result = doctest.DocTestRunner(verbose=False).run(examples, out=said.append)

    assert result.attempted > 15
    assert not result.failed, "".join(said)
