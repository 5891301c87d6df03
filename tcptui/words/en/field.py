"""What each field means, in English: as the registry of fields says it."""

from __future__ import annotations

from typing import Final

from tcptui.model.fields import ROWS

WORDS: Final = {f"field.{row.name}": row.doc for row in ROWS}
