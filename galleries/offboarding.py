"""What the end of an agency must know of galleries: how rows are exported."""

from accounts.offboarding.registry import export_as
from searches.offboarding import export_texts_of

export_texts_of("galleries")
# What is looked for after an erasure is what was erased.
export_as("galleries_erasure", "to_jsonb(t) - 'needles_sealed'")
