"""Where an act comes from, as the record names it."""

import pytest
from django.test import RequestFactory

from portal.http import source_of


@pytest.mark.parametrize(
    ("behind", "forwarded", "source"),
    [
        (False, "203.0.113.9", "127.0.0.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (True, "203.0.113.9, <script>", "127.0.0.1"),
        (True, "", "127.0.0.1"),
    ],
)
def test_only_what_the_trusted_proxy_added_is_believed(
    monkeypatch: pytest.MonkeyPatch, behind: bool, forwarded: str, source: str
) -> None:
    monkeypatch.setattr("django.conf.settings.BEHIND_PROXY", behind)
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert source_of(request) == source
