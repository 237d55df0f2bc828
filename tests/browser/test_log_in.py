"""Setting up a second factor at the first log-in, and passkeys of a virtual authenticator."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Open, Site, accept_notice, shoot, type_password
from tests.browser.test_pages import examine
from tests.second_factor import next_code

NEW = "noa@alder.example"
VIRTUAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_from_a_first_log_in_to_one_without_a_password(open_page: Open, site: Site) -> None:
    page = open_page()
    # A passkey belongs to a name and not to a number.
    home = site.url.replace("127.0.0.1", "localhost")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
    page.goto(home)
    type_password(page, NEW)
    expect(page.locator("h1")).to_have_text("Choose a second factor")
    problems = examine(page, "factor-choice")
    shoot(page, "factor-choice")
    page.get_by_role("link", name="Set up Passkey").click()
    page.get_by_label("Log in with it alone, without the password").check()
    problems += examine(page, "passkey-new")
    shoot(page, "passkey-new")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.locator("h1")).to_have_text("Recovery codes")
    assert page.locator(".codes li").count() == 10
    problems += examine(page, "recovery-codes")
    shoot(page, "recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    accept_notice(page)
    page.goto(f"{home}/account/factors/")
    expect(page.get_by_text("10 codes left")).to_be_visible()
    problems += examine(page, "factors")
    shoot(page, "factors")
    log_out(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    accept_notice(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    remove_the_only_one(page, home)
    assert problems == []


def remove_the_only_one(page: Page, home: str) -> None:
    page.goto(f"{home}/account/factors/passkeys/")
    page.get_by_role("link", name=re.compile("Remove")).click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("This is your only second factor.")).to_be_visible()


def test_without_a_passkey_on_the_device_the_page_says_so(open_page: Open, site: Site) -> None:
    page = open_page()
    page.goto(site.url.replace("127.0.0.1", "localhost") + "/login/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL | {"transport": "usb"}})
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.locator("#passkey-problem")).to_be_visible()
    shoot(page, "passkey-problem")


def test_the_second_step_on_a_phone_without_scripts(open_page: Open, site: Site) -> None:
    page = open_page(size=PHONE, javascript=False)
    page.goto("/login/")
    expect(page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
    type_password(page, "ada@alder.example")
    shoot(page, "second-factor-phone")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("That code is not right")).to_be_visible()
    shoot(page, "second-factor-wrong-phone")
    page.get_by_label("Code").fill(next_code("ada@alder.example"))
    page.get_by_role("button", name="Log in", exact=True).click()
    accept_notice(page)


def test_the_forgotten_password_and_the_app_in_the_dark(open_page: Open, site: Site) -> None:
    page = open_page(scheme="dark")
    page.goto("/login/")
    page.get_by_role("link", name="Forgotten your password?").click()
    problems = examine(page, "forgotten")
    shoot(page, "forgotten-dark")
    page.get_by_label("E-mail address").fill("nobody@alder.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.locator("h1")).to_have_text("Look into your mail")
    shoot(page, "forgotten-sent-dark")
    page.goto("/login/")
    type_password(page, "nop@alder.example")
    page.get_by_role("link", name="Set up Authenticator app").click()
    expect(page.locator(".qr-code")).to_be_visible()
    problems += examine(page, "app-new")
    shoot(page, "app-new-dark")
    page.get_by_label("Code").fill("123")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("That code is not right")).to_be_visible()
    assert problems == []


def log_out(page: Page) -> None:
    page.locator("summary", has=page.locator(".account-name")).click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/")
