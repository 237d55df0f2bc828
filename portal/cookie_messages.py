"""Django's messages, in a cookie of the name that the settings give."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class NamedCookie(CookieStorage):
    """Django takes every cookie's name from the settings but this one's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cookie_name = settings.MESSAGE_COOKIE_NAME


class Messages(FallbackStorage):
    """The session takes what is too long for a cookie."""

    storage_classes = (NamedCookie, SessionStorage)
