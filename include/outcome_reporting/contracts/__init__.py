"""Contracts and reference data, from the files of include/contracts and include/reference."""
