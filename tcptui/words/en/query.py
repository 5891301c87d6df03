"""What a query says of itself."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "query.none": "no rows",
}
