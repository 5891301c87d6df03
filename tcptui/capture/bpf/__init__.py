"""Capture filters: libpcap compiles them, a vectorised machine runs them over files."""
