"""Facets, with how many spans each value has."""
