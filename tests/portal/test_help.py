"""The link to the documentation of the installation, at the foot of the pages."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User

ADDRESS = "https://help.candor.example/guide/?for=all&in=en"
LINK = (
    '<a href="https://help.candor.example/guide/?for=all&amp;in=en"'
    ' rel="noopener noreferrer">Help</a>'
)


def test_who_is_logged_in_is_led_to_the_documentation(
    client: Client, ana: User, settings: Any
) -> None:
    settings.HELP_URL = ADDRESS
    client.force_login(ana)
    for name in ("home", "account", "find"):
        assert client.get(reverse(name)).content.decode().count(LINK) == 1, name


def test_nobody_is_led_anywhere_without_the_setting(
    client: Client, ana: User, settings: Any
) -> None:
    settings.HELP_URL = ""
    client.force_login(ana)
    assert ">Help</a>" not in client.get(reverse("home")).content.decode()


def test_a_stranger_has_no_link(client: Client, settings: Any) -> None:
    settings.HELP_URL = ADDRESS
    page = client.get(reverse("account_login")).content.decode()
    assert "page-foot" in page
    assert "help.candor.example" not in page
