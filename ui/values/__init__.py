"""The parts of the pages Values and Graph."""
