"""The code that ran: manifests of files by revision, contents by their hash."""
