"""The full scan of large galleries in the workers' memory: docs/adr/0017, docs/scale.md."""
