"""Retransmissions: which segments are, and why each was sent again."""
