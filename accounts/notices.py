"""The notice of an agency that people accept after each log-in (CJIS AC-8)."""

# In the session: which version of its notice was accepted, for each agency's id as text.
NOTICES_KEY = "notices_accepted"
