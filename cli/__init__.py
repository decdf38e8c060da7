"""The command line: python -m cli --help. Heavy libraries load inside the commands."""
