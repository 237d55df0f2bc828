"""Charts as inline SVG made on the server, each with the table of its numbers. No models."""
