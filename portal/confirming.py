"""Pages that ask before something is done, with one button (portal/_confirm.html)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portal.faults import CodedFault


def confirmed(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    act: Callable[[], object],
    done: str,
    then: str,
) -> HttpResponse:
    """GET asks; POST acts, says `done` and leads to `then`, an address or the name of a page.

    A refusal is said on the same page, as `fault`, with status 422.
    """
    fault = None
    if request.method == "POST":
        try:
            act()
        except CodedFault as refused:
            fault = refused
        else:
            messages.success(request, done)
            return redirect(then)
    return render(request, template, {**context, "fault": fault}, status=422 if fault else 200)
