"""Search in galleries of other agencies."""
