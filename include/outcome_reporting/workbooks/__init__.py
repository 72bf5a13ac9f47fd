"""Spreadsheet in, spreadsheet back: scan, read, recognize, convert, give back, template."""
