"""Exports: any list of spans as a file, one trace as OTLP, and the receipts of what was taken."""
