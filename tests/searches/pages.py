"""A browser without a screen: a logged-in session that sends a form several times at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import requests

from tests.second_factor import next_code

START_SECONDS = 90.0  # of a machine that others use as well
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    target: str


class Pages:
    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.session = requests.Session()

    def close(self) -> None:
        self.session.close()

    def answers(self) -> bool:
        try:
            return self.session.get(f"{self.root}/login/", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False  # not bound yet, or its processes are still loading

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the page's forms, as a browser would send them."""
        page = self.session.get(self.root + path, timeout=30)
        assert page.ok, page.text
        return dict(FIELD.findall(page.text))

    def log_in(self, email: str, password: str) -> None:
        values = self.form("/login/") | {"login": email, "password": password}
        answer = self.session.post(f"{self.root}/login/", values, timeout=30)
        assert answer.url.endswith("/login/factor/"), answer.text
        values = self.form("/login/factor/") | {"code": next_code(email)}
        answer = self.session.post(f"{self.root}/login/factor/", values, timeout=30)
        assert "/agency/notice/" in answer.url, answer.text
        values = self.form("/agency/notice/") | {"answer": "accept"}
        answer = self.session.post(f"{self.root}/agency/notice/", values, timeout=30)
        assert answer.ok, answer.text

    def post_at_once(
        self, times: int, path: str, values: dict[str, str], picture: Path | None = None
    ) -> list[Answer]:
        """Send the same form on as many connections, starting together."""
        gate = Barrier(times)
        data = picture.read_bytes() if picture else b""
        cookies = dict(self.session.cookies)

        def post(_: int) -> Answer:
            gate.wait()
            answer = requests.post(
                self.root + path,
                values,
                files={"picture": ("probe.jpg", data, "image/jpeg")} if picture else None,
                cookies=cookies,
                timeout=60,
                allow_redirects=False,
            )
            return Answer(answer.status_code, answer.headers.get("Location", ""))

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(post, range(times)))
