"""What remembers: the only package that knows the database."""
