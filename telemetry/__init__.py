"""The writing house: OTLP in, Delta tables of Parquet out."""
