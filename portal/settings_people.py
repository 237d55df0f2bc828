"""How long what concerns an agency's people is kept or waits, in days; part of portal.settings."""

from portal import env

# From the closing of an agency to the destruction of its data.
OFFBOARDING_DAYS = env.env_int("CANDOR_OFFBOARDING_DAYS", 30, low=7, high=365)
INVITATION_DAYS = env.env_int("CANDOR_INVITATION_DAYS", 7, low=1, high=30)
NOTIFICATION_DAYS = env.env_int("CANDOR_NOTIFICATION_DAYS", 90, low=7, high=365)
