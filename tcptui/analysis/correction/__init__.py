"""Which packets had no effect after all, and the states corrected by that."""
