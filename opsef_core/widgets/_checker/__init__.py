"""The checker: a question, its answer, and what is right."""
