"""The examiner's pages."""
