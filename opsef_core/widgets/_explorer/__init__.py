"""The explorer: results side by side."""
