"""What the end of an agency must know of oversight: its sealed texts are exported in clear."""

from accounts.offboarding.registry import export_as
from searches.offboarding import export_texts_of

export_texts_of("oversight")
# A hash of a secret is of no use to the agency.
export_as("oversight_requestlink", "to_jsonb(t) - 'token_hash'")
