"""The quiz: real or painted."""
