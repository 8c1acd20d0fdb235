"""From published tables to a release: the slow half, done once."""
