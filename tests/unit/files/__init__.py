"""CSV files of agencies, as messages."""
