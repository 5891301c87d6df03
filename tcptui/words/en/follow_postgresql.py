"""Headings of the messages of PostgreSQL where a stream is followed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.postgresql-message": "PostgreSQL: {type}",
    "follow.part.postgresql-body": "PostgreSQL: {type}, {count} bytes, not shown",
    "follow.part.postgresql-rows": "PostgreSQL rows: {count}, {bytes} bytes",
    "follow.part.postgresql-rows-hidden": "PostgreSQL rows: {count}, {bytes} bytes; not shown, because they may hold secrets",
    "follow.part.postgresql-data": "PostgreSQL COPY data: messages {count}, bytes {bytes}",
    "follow.part.postgresql-data-hidden": "PostgreSQL COPY data: messages {count}, bytes {bytes}; not shown, because they may hold secrets",
    "follow.part.postgresql-ready-idle": "PostgreSQL: Ready for query; no transaction is open",
    "follow.part.postgresql-ready-open": "PostgreSQL: Ready for query; a transaction is open",
    "follow.part.postgresql-ready-failed": "PostgreSQL: Ready for query; the transaction failed and can only be rolled back",
    "follow.part.postgresql-error": "PostgreSQL error {code}",
    "follow.part.postgresql-notice": "PostgreSQL notice {code}",
    "follow.part.postgresql-unread": "{count} bytes not read as PostgreSQL: it is not certain where a message begins",
}
