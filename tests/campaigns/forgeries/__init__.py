"""Forgeries drawn from a number: packets of somebody else in an ordinary connection, and look-alikes that are none."""
