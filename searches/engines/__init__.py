"""Face recognition engines. Nothing in this package imports Django."""
