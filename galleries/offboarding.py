"""What the end of an agency must know of galleries: their sealed texts are exported in clear."""

from searches.offboarding import export_texts_of

export_texts_of("galleries")
