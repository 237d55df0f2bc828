"""What all of the API has in common: log-in, errors, lists, conditions, limits, its schema."""
