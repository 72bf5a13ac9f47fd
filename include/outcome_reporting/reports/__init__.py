"""Outcome pages as one plain structure, rendered to html and xlsx."""
