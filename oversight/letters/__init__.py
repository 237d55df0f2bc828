"""Letters to people whose data the agency may hold."""
