"""What the web side takes and how browsers are to treat its answers; part of portal.settings."""

from portal import env

ALLOWED_HOSTS = env.env_list("CANDOR_HOSTS", "localhost,127.0.0.1,[::1]")
HTTPS = env.env_bool("CANDOR_HTTPS", False)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^api/"]  # refused instead: accounts/request_limits.py
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.env_bool("CANDOR_BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# WhiteNoise would let every other site read static files.
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Cookies: no script reads any of them -------------------------------------------------------
# Browsers take a cookie of such a name from this very host and over https alone, so that neither
# another host of the domain nor somebody on the network can plant one.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
KNOWN_BROWSER_COOKIE_NAME = f"{COOKIE_PREFIX}candor_known"
MESSAGE_COOKIE_NAME = f"{COOKIE_PREFIX}messages"
MESSAGE_STORAGE = "portal.cookie_messages.Messages"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- How much ---------------------------------------------------------------------------------
# Uploads stay in memory up to the limit and are refused above it: a rejected picture must not
# leave bytes in a temporary folder.
UPLOAD_MAX_BYTES = env.env_int("CANDOR_UPLOAD_MAX_MB", 25, low=1, high=200) * 2**20
FILE_UPLOAD_HANDLERS = ["portal.uploads.BoundedMemoryUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# No form takes more files than an archive with its manifest.
DATA_UPLOAD_MAX_NUMBER_FILES = 4
# A body that says it is longer is not read. A form is to say itself that a picture is too large.
BODY_MAX_BYTES = 2 * UPLOAD_MAX_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE
# How many pages, pictures and acts one person may ask for in a minute.
PAGES_PER_MINUTE = env.env_int("CANDOR_PAGES_PER_MINUTE", 1200, low=60, high=100_000)
