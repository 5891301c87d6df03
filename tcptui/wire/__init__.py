"""Bytes to fields: record framing, link/IP/TCP decoding, options, checksums. No I/O."""
