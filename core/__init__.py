"""The domain, pure: no screen, database, file, clock, process or hidden randomness."""
