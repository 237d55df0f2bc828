"""What the platform does with plans and licenses."""
