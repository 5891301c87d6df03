"""Errors of watch."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.watch_twice": "{source} is given twice: each of its findings would appear twice",
    "messages.metrics_address": "--metrics takes [HOST:]PORT, such as 9464 or 10.0.0.1:9464, not {value}",
    "messages.metrics_no_library": "--metrics needs the package prometheus_client: pip install 'tcptui[metrics]'",
    "messages.metrics_refused": "metrics cannot be served at {address}: {reason}",
}
