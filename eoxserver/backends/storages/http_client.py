# SPDX-License-Identifier: MIT
"""Requests to a web server of files: errors in our own words, nothing of credentials in them.

Rules: HTTP Semantics (RFC 9110) chapter 15 (status codes).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from ssl import SSLCertVerificationError
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from eoxserver.backends.credentials import ACCEPTED_REFERENCES, Credentials
from eoxserver.backends.storages.http_sessions import (
    BACKOFF,
    LONGEST_WAIT,
    MOST_REDIRECTS,
    Sessions,
    authentication,
    keep_queries_out_of_logs,
)
from eoxserver.conf.schema import Remote
from eoxserver.core.errors import (
    AccessDenied,
    CredentialsRefused,
    DataUnavailable,
    ItemMissing,
    PartsRefused,
    StorageUnreachable,
    TransferFailed,
)

__all__ = ["HttpClient", "Interrupted", "blocks"]

_BLOCK = 64 << 10
_PLAIN = {"Accept-Encoding": "identity"}
"""Files are wanted as they are, not packed for the way: positions and lengths are those of the file."""


class Interrupted(Exception):
    """A body ended before its end; what is there may be gone on with."""


class HttpClient:
    """Speaks to the web server of one storage, from any thread and process.

    Parameters
    ----------
    storage : str
        URL of the storage as it may be shown.
    remote : Remote
        How long to wait, and how often to try again.
    credentials : callable
        Answers the credentials to use now.
    """

    def __init__(self, storage: str, remote: Remote, credentials: Callable[[], Credentials]) -> None:
        self.storage = storage
        self.retries = remote.retries
        self._timeouts = (remote.connect_timeout, remote.timeout)
        self._credentials = credentials
        self._sessions = Sessions(remote.retries)
        keep_queries_out_of_logs()

    def ask(
        self,
        method: str,
        url: str,
        location: str,
        headers: Mapping[str, str] | None = None,
        accepted: frozenset[int] = frozenset(),
    ) -> requests.Response:
        """Send a request, again when that may help; the caller closes the answer, and reads its body if wanted.

        Parameters
        ----------
        method : str
            GET or HEAD.
        url : str
            Never shown.
        location : str
            For messages.
        headers : mapping of str to str, optional
            Beside those that every request has.
        accepted : frozenset of int
            Status codes to answer although they are failures.

        Raises
        ------
        ItemMissing, CredentialsRefused, StorageUnreachable, AccessDenied, DataUnavailable
            By the status code, or when there is no answer.
        """
        session = self._sessions.session()
        auth = authentication(self._credentials())
        sent = {**_PLAIN, **(headers or {})}
        try:
            response = session.request(
                method, url, headers=sent, auth=auth, timeout=self._timeouts, stream=True, allow_redirects=True
            )
        # The libraries' own errors quote whole URLs, signatures included: they are not kept as causes.
        except requests.exceptions.InvalidSchema:
            raise AccessDenied(
                f"{location}: storage {self.storage} sends on to a place that is not on the web; "
                "accepted: http and https URLs",
                locator=location,
            ) from None
        except requests.exceptions.TooManyRedirects:
            raise self._fails(DataUnavailable, location, f"sends on more than {MOST_REDIRECTS} times") from None
        except ValueError:
            raise self._fails(DataUnavailable, location, "sends on to what is no URL") from None
        except (requests.exceptions.RequestException, HTTPError) as error:
            raise self._fails(StorageUnreachable, location, self._reason(error)) from None
        failed = response.status_code >= 400 and response.status_code not in accepted
        to_folder = bool(response.history) and urlsplit(response.url).path == f"{urlsplit(url).path}/"
        if not failed and not (location and to_folder):
            return response
        response.close()
        if failed:
            raise self._refusal(response, location)
        raise self._fails(ItemMissing, location, "has a folder of this name, and no such file")

    def failed(self, location: str, reason: str) -> TransferFailed:
        """The error of a transfer that came to nothing."""
        error = self._fails(TransferFailed, location, reason)
        assert isinstance(error, TransferFailed)
        return error

    def unavailable(self, location: str, reason: str) -> DataUnavailable:
        """The error of something that this server does not do."""
        return self._fails(DataUnavailable, location, reason)

    def whole_only(self, location: str) -> DataUnavailable:
        """The error of a server that has no parts of files."""
        return self._fails(PartsRefused, location, "sends whole files only, no parts of them")

    def pause(self, failures: int) -> None:
        """Wait before trying again, longer each time."""
        time.sleep(min(BACKOFF * 2 ** (failures - 1), LONGEST_WAIT))

    def _fails(self, kind: type[DataUnavailable], location: str, reason: str) -> DataUnavailable:
        where = f"{location}: storage {self.storage}" if location else f"storage {self.storage}"
        return kind(f"{where} {reason}", locator=location or self.storage)

    def _refusal(self, response: requests.Response, location: str) -> DataUnavailable:
        """The error that a status code means."""
        status = response.status_code
        known = {int(each): each.phrase for each in HTTPStatus}
        answer = f"{status} {known[status]}" if status in known else str(status)
        if status in (401, 403, 407):
            given = "refuses the credentials it was given" if self._credentials() else "asks for credentials"
            return self._fails(
                CredentialsRefused,
                location,
                f"{given} ({answer}); the 'credentials' of the storage say where they are: {ACCEPTED_REFERENCES}",
            )
        if status in (404, 410):
            return self._fails(ItemMissing, location, f"has no such file ({answer})")
        if status >= 500 or status in (408, 425, 429):
            return self._fails(StorageUnreachable, location, f"answers {answer}{_when(response)}")
        return self._fails(DataUnavailable, location, f"answers {answer}")

    def _reason(self, error: Exception) -> str:
        """Why there is no answer."""
        chain = list(_causes(error))
        for each in chain:
            if isinstance(each, SSLCertVerificationError):
                return f"shows a certificate that is not trusted: {each.verify_message}"
        connect, silence = self._timeouts
        found: dict[str, tuple[type[BaseException], ...]] = {
            "has a name that no name server knows": (NameResolutionError,),
            f"does not answer: no connection in {connect} s": (ConnectTimeoutError, requests.ConnectTimeout),
            f"does not answer: silent for {silence} s": (ReadTimeoutError, requests.ReadTimeout),
            "is behind a proxy that does not answer": (requests.exceptions.ProxyError,),
            "cannot be spoken to in secret": (requests.exceptions.SSLError,),
        }
        for reason, kinds in found.items():
            # An error of the system, as of a refused connection, is a kind of time-out for urllib3.
            if any(isinstance(each, kinds) and type(each) is not NewConnectionError for each in chain):
                return reason
        numbers = [each.errno for each in chain if isinstance(each, OSError) and isinstance(each.errno, int)]
        return f"does not answer: {os.strerror(numbers[-1]) if numbers else 'it closes the connection'}"


def blocks(response: requests.Response) -> Iterator[bytes]:
    """The body as it is sent, block by block; raises Interrupted when it ends too early."""
    try:
        yield from response.raw.stream(_BLOCK, decode_content=False)
    except ReadTimeoutError:
        raise Interrupted("nothing came for too long") from None
    except IncompleteRead as error:
        raise Interrupted("the connection was closed before the end") from error
    except ProtocolError as error:
        raise Interrupted("the connection broke") from error
    except HTTPError as error:
        raise Interrupted(f"the connection broke ({type(error).__name__})") from None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and those it comes from, from the outermost to the first."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [getattr(each, "reason", None), *each.args, each.__cause__, each.__context__]


def _when(response: requests.Response) -> str:
    """When the server wants us to come back."""
    after = response.headers.get("Retry-After", "")
    return f", and asks to come back in {after} s" if after.isdigit() and int(after) > LONGEST_WAIT else ""
