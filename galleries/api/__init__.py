"""What programs get of galleries, and of what is brought into them and erased."""
