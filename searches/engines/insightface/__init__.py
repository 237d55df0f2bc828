"""The engine that runs an agency's own InsightFace model package, offline."""
