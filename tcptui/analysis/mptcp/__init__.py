"""Subflows of Multipath TCP, as far as the duplicate-ACK rule needs them."""
