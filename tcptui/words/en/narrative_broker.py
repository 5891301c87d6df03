"""Sentences about why a broker closed."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "narrative.broker.words": " Its words: “{text}”.",
    "narrative.broker.method": " It names the method {method}, last sent in packet {frame}.",
    "narrative.broker.unacked": " Deliveries not acknowledged by then: {n}.",
    "narrative.broker.unconfirmed": " Messages not confirmed by then: {n}.",
}
