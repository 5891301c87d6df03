"""A refusal, which a tool says instead of an answer."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - no error of the program: an answer
    """A call that gets no answer; ``told`` says why, and what to do instead."""

    def __init__(self, refused: str, text: str, /, **more: Any) -> None:
        """``refused``: a stable name of the reason; ``text``: one English sentence for the assistant."""
        super().__init__(text)
        self.told = {"refused": refused, "text": text, **more}
