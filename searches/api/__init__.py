"""What programs get of cases, probes and searches."""
