"""Keys and hints of learning."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.predict": "Predict what comes next, in any connection",
    "screen.key.teach": "Open the case that teaches what is under the cursor",
    "screen.hint.predict": "predict",
    "screen.hint.teach": "case",
    "screen.hint.answer": "answer",
    "screen.hint.next_question": "next question",
    "screen.hint.stop": "stop",
}
