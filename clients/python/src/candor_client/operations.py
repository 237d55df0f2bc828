"""How one definition of an operation becomes a method of both clients.

`@operation` is put on a method that describes what is asked (a Call or a script). Of a resource of
`Candor` it gives the result, of one of `AsyncCandor` something to await, typed either way.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from candor_client.calls import Call, Task
from candor_client.drivers import Async, Sync
from candor_client.paging import Page

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D", bound=Sync | Async)


class Resource(Generic[D]):
    """Operations that belong together, and who carries them out."""

    def __init__(self, driver: D) -> None:
        self._driver = driver


class operation(Generic[P, T]):
    """One thing to do, whose result is awaited in the asynchronous client."""

    def __init__(self, define: Callable[Concatenate[Any, P], Task[T]]) -> None:
        self.define = define
        self.__doc__ = define.__doc__

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, resource: Resource[Async], owner: Any
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Any, owner: Any) -> Any:
        @wraps(self.define)
        def do(*args: P.args, **kwargs: P.kwargs) -> Any:
            return resource._driver.run(self.define(resource, *args, **kwargs))

        return do


class listing(Generic[P, T]):
    """All rows of a list, fetched page by page as they are wanted."""

    def __init__(self, define: Callable[Concatenate[Any, P], Call[Page[T]]]) -> None:
        self.define = define
        self.__doc__ = define.__doc__

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, resource: Any, owner: Any) -> Any:
        @wraps(self.define)
        def do(*args: P.args, **kwargs: P.kwargs) -> Any:
            return resource._driver.listed(self.define(resource, *args, **kwargs))

        return do
