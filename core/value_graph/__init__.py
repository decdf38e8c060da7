"""What people think wiser than what: from votes on pairs of values to a graph one can trust."""
