"""Secrets planted in every carrier of a capture, and an own search for them in what ``redact`` writes."""
