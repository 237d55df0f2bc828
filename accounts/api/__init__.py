"""What programs get of people, access and licenses."""
