"""Engines, and what happens to pictures of faces; part of portal.settings."""

from django.core.exceptions import ImproperlyConfigured

from portal import env

ENGINE = env.env_choice("CANDOR_ENGINE", "open", ("open", "insightface"))
ENGINE_PACKAGE = env.env_str("CANDOR_ENGINE_PACKAGE")
# A second engine while galleries change from one to the other: docs/engines.md.
ENGINE_NEXT = env.env_choice("CANDOR_ENGINE_NEXT", "", ("", "open", "insightface"))
ENGINE_NEXT_PACKAGE = env.env_str("CANDOR_ENGINE_NEXT_PACKAGE")
# What new galleries begin with, and up to how many templates a gallery is searched exactly for
# every picture that is enrolled (searches/services/duplicates.py).
DUPLICATE_CHECK = env.env_choice("CANDOR_DUPLICATE_CHECK", "published", ("published", "off"))
DUPLICATE_CHECK_TEMPLATES = env.env_int(
    "CANDOR_DUPLICATE_CHECK_TEMPLATES", 30_000, low=0, high=10_000_000
)
ENGINE_THREADS = env.env_int("CANDOR_ENGINE_THREADS", 1, low=1, high=64)
if ENGINE == "insightface" and not ENGINE_PACKAGE:
    raise ImproperlyConfigured("CANDOR_ENGINE=insightface needs CANDOR_ENGINE_PACKAGE")
if ENGINE_NEXT == "insightface" and not ENGINE_NEXT_PACKAGE:
    raise ImproperlyConfigured("CANDOR_ENGINE_NEXT=insightface needs CANDOR_ENGINE_NEXT_PACKAGE")
if ENGINE_NEXT and (ENGINE_NEXT, ENGINE_NEXT_PACKAGE) == (ENGINE, ENGINE_PACKAGE):
    raise ImproperlyConfigured("CANDOR_ENGINE_NEXT is the same as CANDOR_ENGINE")
# Whether pictures are opened where the kernel does not filter a decoder's system calls.
DECODER_SANDBOX = env.env_choice("CANDOR_DECODER_SANDBOX", "best", ("required", "best"))
PROBE_DAYS = env.env_int("CANDOR_PROBE_DAYS", 30, low=1, high=3650)
