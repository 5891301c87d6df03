"""Files carried over HTTP, collected and written.

``collect``           finds the files, message by message; joins ranges of one resource
``names``             file names that are harmless on any file system
``writer``            writes them into one folder: never over a file, never outside the folder, never partly
"""
