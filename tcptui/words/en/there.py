"""Words about a capture at another place that would decide."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "there.heading": "Capture there",
    "there.when": (
        "Capture at {places} when it happens again, and here at the same time. Both captures together decide: {names}."
    ),
    "there.place.client": "the client",
    "there.place.server": "the server",
    "there.place.between": "a point between",
    "there.places": " and ",
    "there.names": "; ",
    "there.then": (
        "Then run {merge} with both files. If NAT is in between, one address is different there: leave that host out of"
        " the filter."
    ),
    "there.none": "No finding here asks for a capture at another place.",
}
