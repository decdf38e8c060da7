"""Fits models in a process of its own: files in, files out."""
