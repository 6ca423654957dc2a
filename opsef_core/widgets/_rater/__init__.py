"""The rater: one result after another."""
