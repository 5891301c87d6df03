"""The tour: eight hints for the first minutes with the main screen, each in one line until its key has been used."""
