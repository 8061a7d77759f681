"""What an HTTP answer or failure means: data, not there yet, try again, or no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx

from clerkcore.errors import FetchError, NotPublished
from clerkcore.fetch.retries import Passing, read_retry_after, refuse_long_wait

_WHOLE = {200, 203}
_ABSENT = {404, 410}
_REFUSED = {401, 403}


def check_status(response: httpx.Response, where: str, now: datetime) -> None:
    """Return when the answer carries the whole data; raise what its status means otherwise."""
    status = response.status_code
    if status in _WHOLE:
        return
    message = f"upstream answered {status}"
    if status in _ABSENT:
        remedy = "it may not be published yet; check the address in a browser"
        raise NotPublished(message, where=where, remedy=remedy)
    if status == 429 or status >= 500:
        after = read_retry_after(response.headers.get("Retry-After", ""), now)
        refuse_long_wait(after, now, where)
        raise Passing(message, remedy=_advise(status), after=after)
    raise FetchError(message, where=where, remedy=_advise(status))


def _advise(status: int) -> str:
    if status in _REFUSED:
        return "check the source's secret, and set contact so that the publisher can see who asks"
    if status == 429:
        return "raise http.delay, and try again later"
    if status >= 500:
        return "try again later"
    return "open the address in a browser to see what it says"


@contextmanager
def name_failures(where: str) -> Iterator[None]:
    """Turn the failures of httpx into Passing where they may pass, else into FetchError."""
    later = "try again later"
    try:
        yield
    except httpx.TimeoutException as error:
        remedy = "try again later, or raise http.timeout"
        raise Passing("upstream did not answer in time", remedy=remedy) from error
    except httpx.ConnectError as error:
        raise Passing(f"could not connect: {error}", remedy=later) from error
    except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
        raise Passing(f"upstream broke off its answer: {error}", remedy=later) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        remedy = "check the address and the headers of the source"
        raise FetchError(f"this request cannot be made: {error}", where=where, remedy=remedy) from error
