"""The preview: what each step of a recipe does to an image, live."""
