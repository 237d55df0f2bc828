"""Pictures that strangers send."""
