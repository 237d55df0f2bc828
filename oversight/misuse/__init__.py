"""Rules that look for misuse of searching: plain facts in, findings out; docs/misuse.md."""
