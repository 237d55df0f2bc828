"""Traces from a click to its candidates, by OpenTelemetry; nothing at all unless it is switched on.

The spans are Candor's own and not those of instrumentation packages, which write addresses, SQL and
whatever else an operator's collector should not hold. Attributes are ids and codes: `span` takes
only the names in `ATTRIBUTES`. The broker is only a bell, so a lost bell loses the thread of a
trace, and no more: the sweeper's bell begins another one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from portal.logs.context import current

if TYPE_CHECKING:  # loaded only where it is switched on
    from opentelemetry.trace import Span, Tracer

ATTRIBUTES = frozenset(
    {"agency", "user", "request", "task", "job", "view", "method", "status", "stage", "code"}
)
Value = int | str | UUID | None


@contextmanager
def span(name: str, parent: Mapping[str, str] | None = None, **ids: Value) -> "Iterator[None]":
    """A span around a piece of work; `parent` is what `carried` gave to whoever began it.

    An exception marks the span as failed, by its type and without its text.
    """
    tracer = _tracer()
    if tracer is None:
        yield
        return
    from opentelemetry.trace import StatusCode

    with tracer.start_as_current_span(
        name,
        context=_context_of(parent),
        attributes=_checked(current() | ids),
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield
        except Exception as error:
            opened.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def note(**ids: Value) -> None:
    """Add what has become known to the span under way."""
    if _tracer() is not None:
        from opentelemetry.trace import get_current_span

        opened: Span = get_current_span()
        opened.set_attributes(_checked(ids))


def carried() -> dict[str, str]:
    """The thread of the trace under way, to be sent along (W3C traceparent); {} without one."""
    if _tracer() is None:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    thread: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(thread)
    return thread


def finish() -> None:
    """Send what waits to be sent; for processes that end."""
    tracer = _provider()
    if tracer is not None:
        tracer.force_flush()


def _checked(ids: Mapping[str, Value]) -> dict[str, int | str]:
    if unknown := ids.keys() - ATTRIBUTES:
        raise KeyError(f"no attribute of a trace: {', '.join(sorted(unknown))}")
    return {
        f"candor.{name}": value if isinstance(value, int) else str(value)
        for name, value in ids.items()
        if value is not None
    }


def _context_of(parent: Mapping[str, str] | None) -> Any:
    if not parent:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract(parent)


def _tracer() -> "Tracer | None":
    provider = _provider()
    tracer: Tracer | None = provider.get_tracer("candor") if provider else None
    return tracer


@lru_cache(maxsize=1)
def _provider() -> Any:
    """This process's exporter to the collector, made at the first span and after a fork anew."""
    if not settings.OTLP_URL:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.OTLP_PERCENT / 100)),
        resource=Resource({"service.name": "candor", "service.version": settings.VERSION}),
    )
    headers = dict(
        part.strip().split("=", 1) for part in settings.OTLP_HEADERS.split(",") if "=" in part
    )
    exporter = OTLPSpanExporter(f"{settings.OTLP_URL}/v1/traces", headers=headers)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
