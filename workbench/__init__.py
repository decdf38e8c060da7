"""What the store and the trainer do together; pages, routes and commands start here."""
