"""Steps, oldest first. Never change one that has been released: add another."""
