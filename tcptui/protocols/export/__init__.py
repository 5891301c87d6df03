"""Files carried over HTTP, collected and written.

``files``             what is known of a file
``collect``           finds the files, message by message; joins ranges of one resource
``reading``           reads one
``names``             file names that are harmless on any file system
``writer``            writes them into one folder: never over a file, never outside the folder, never partly
"""
