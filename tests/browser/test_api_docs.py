"""The page that describes the API opens without anything from elsewhere."""

import pytest
from playwright.sync_api import Request, expect

from tests.browser.conftest import Open, Site, shoot

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_the_description_reads_without_a_network(open_page: Open, site: Site) -> None:
    page, elsewhere = open_page(), []

    def note(request: Request) -> None:
        if not request.url.startswith((site.url, "data:")):
            elsewhere.append(request.url)

    page.on("request", note)
    page.goto("/api/v1/docs/")
    expect(page.get_by_role("heading", name="Candor").first).to_be_visible()
    shoot(page, "api-docs")
    assert elsewhere == []
