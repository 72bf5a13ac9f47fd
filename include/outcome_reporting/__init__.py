"""From dropped spreadsheets to outcome reports in which every figure explains itself."""

__version__ = "0.1.0"
