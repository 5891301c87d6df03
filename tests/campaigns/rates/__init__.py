"""Transfers between two kernels, what the sender's says of its limits every 10 ms, and what we say of them."""
