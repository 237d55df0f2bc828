"""Bulk imports: what one may be, and how it shares the workers; part of portal.settings."""

from portal import env

# An upload comes in parts of this size, each sealed as it comes.
IMPORT_PART_BYTES = env.env_int("CANDOR_IMPORT_PART_MB", 5, low=1, high=25) * 2**20
# Of the upload, and of everything that is unpacked of it.
IMPORT_MAX_BYTES = env.env_int("CANDOR_IMPORT_MAX_GB", 50, low=1, high=1000) * 2**30
IMPORT_MAX_FILES = env.env_int("CANDOR_IMPORT_MAX_FILES", 200_000, low=1, high=1_000_000)
IMPORT_MAX_RATIO = 50
"""How many times its size an upload may unpack to; pictures hardly shrink, bombs do."""
# How many workers take files of one import at once, and for how long before others get their turn.
IMPORT_LANES = env.env_int("CANDOR_IMPORT_LANES", 2, low=1, high=128)
IMPORT_SLICE_SECONDS = env.env_int("CANDOR_IMPORT_SLICE_SECONDS", 2, low=1, high=30)
# For how long the files of an import that has ended are kept, and one that nobody goes on with.
IMPORT_KEEP_DAYS = env.env_int("CANDOR_IMPORT_KEEP_DAYS", 30, low=1, high=90)
