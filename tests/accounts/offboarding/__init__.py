"""The end of a closed agency."""
