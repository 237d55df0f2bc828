"""What workers do for galleries when the bell rings: fetch the row, call the service."""
