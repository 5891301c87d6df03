"""Healthy connections of every server and client at hand: nothing louder than a note is said of any."""
