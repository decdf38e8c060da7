"""One short script a screen."""
