"""Migrations of the records, run by `Records.migrate`."""
