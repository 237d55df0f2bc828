"""What people hand in to be imported, read as data from strangers: nothing of it touches a disk in
the clear, no name of it is ever a path."""
