"""Writes chosen packets of captures to a new one: records as they were captured, with what describes them."""
