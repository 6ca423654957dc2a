"""The annotator: objects drawn and corrected."""
