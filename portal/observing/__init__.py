"""What machines of the operator ask this installation: is it alive, is it ready, how is it."""
