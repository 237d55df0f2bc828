"""What a similarity is worth: how often unrelated faces would be as similar. No models, no SQL."""
