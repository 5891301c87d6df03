"""Messages about SQL over a scan."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.query_unreadable": "the scan in {path} cannot be read: {reason}",
    "messages.query_no_scan": "{path} holds no scan: tcptui scan writes one",
    "messages.query_newer": "the scan in {path} is of a later version of tcptui: update tcptui, or scan again",
    "messages.query_outside": "{path} is no ordinary file below {folder}: copy the scan without links",
    "messages.query_select": "query reads only: write one SELECT (or FROM, WITH, DESCRIBE, SUMMARIZE, SHOW TABLES)",
    "messages.query_sql": "the SQL is wrong: {reason}",
    "messages.query_refused": "the SQL asks for what query does not do: {reason}",
    "messages.query_memory": "the result needs too much memory: ask for fewer rows or columns",
    "messages.query_failed": "the query failed: {reason}",
}
