"""What workers do for oversight when the bell rings, and what their clock asks for."""
