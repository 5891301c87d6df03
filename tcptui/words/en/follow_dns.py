"""Headings of the messages of DNS where a stream is followed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.part.dns-question": "DNS query {number}: {question}",
    "follow.part.dns-answer": "DNS response {number}: {question}, {status}, records {count}",
    "follow.part.dns-answer-alone": "DNS response {number} to a query not seen here: {question}, {status}, records {count}",
    "follow.part.dns-cut": "DNS message that was not captured",
    "follow.part.dns-unread": "{count} bytes not read as DNS: it is not certain where a message begins",
}
