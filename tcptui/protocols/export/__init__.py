"""Files carried over HTTP, collected and written.

``collect``           found message by message; ranges of one resource joined
``names``             file names that are harmless on any file system
``writer``            into one folder: never over a file, never out of it, never half a file under its name
"""
