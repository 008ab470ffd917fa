# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Requests to Microsoft Graph: one tenant, one identity, one budget for waiting.

What may be sent again and what may not is decided here, once:

- a request that Graph did not carry out (429, and 503 with Retry-After) is sent again whatever its verb;
- a request whose outcome is unknown (dropped connection, time-out, 5xx) is sent again only when its verb makes a
  repetition harmless. A POST raises `GraphError` with `outcome_unknown`, and the resource looks before it acts.
"""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.mssp.defender.plugins.module_utils._deps import requests
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, some
from ansible_collections.mssp.defender.plugins.module_utils._graph import _batch
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget, backoff, retry_after
from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import from_answer, has_code

Json = t.Any
# Named here: inside of `Graph`, `list` is its method.
_Rows = list[dict[str, t.Any]]
_Outcomes = list[t.Any]

_UNKNOWN_OUTCOME = frozenset({500, 502, 503, 504})
# For failures without a word from Graph; a throttled request is tried for as long as the budget lasts.
_TRIES = 6


class Tokens(t.Protocol):
    """Where the bearer token comes from (`_auth/_tokens.py`)."""

    def get(self) -> str:
        """A valid access token."""

    def drop(self) -> None:
        """Forget the token: Graph refused it."""


class Graph:
    """One tenant's Microsoft Graph.

    :param base_url: scheme and host of Graph, no slash at the end.
    :param http: a `requests.Session` of this process.
    :param budget: what the current task may still wait; replaced for each task, see `_task.py`.
    """

    def __init__(self, base_url: str, http: t.Any, tokens: Tokens, *, request_timeout: float, budget: Budget) -> None:
        self.base_url = base_url.rstrip("/")
        self.tokens = tokens
        self.budget = budget
        self._http = http
        self._timeout = request_timeout
        # What this process has read since its last write. The items of a loop run in one process and share it.
        self._read: dict[str, Json] = {}

    # -- reading -------------------------------------------------------------------------------------------------

    def get(self, path: str, query: t.Mapping[str, str] | None = None, *, beta: bool = False, fresh: bool = False) -> Json:
        """GET one entity or one page. `fresh` asks again although nothing was written since."""
        url = self._url(path, query, beta)
        if fresh or url not in self._read:
            self._read[url] = self._send("GET", url)
        return self._read[url]

    def find(
        self, path: str, query: t.Mapping[str, str] | None = None, *, beta: bool = False, fresh: bool = False
    ) -> Json | None:
        """GET one entity, or None when Graph says 404. Nothing but 404 means that it is not there."""
        try:
            return self.get(path, query, beta=beta, fresh=fresh)
        except GraphError as error:
            if error.status == 404:
                return None
            raise

    def list(
        self, path: str, query: t.Mapping[str, str] | None = None, *, beta: bool = False, fresh: bool = False
    ) -> list[dict[str, t.Any]]:
        """GET a collection, all pages. A page may be empty and still have a next one."""
        page = self.get(path, query, beta=beta, fresh=fresh)
        return [*page.get("value", []), *self._pages(page.get("@odata.nextLink"), fresh=fresh)]

    def _pages(self, link: str | None, *, fresh: bool) -> _Rows:
        found: _Rows = []
        followed: set[str] = set()
        while link:
            self._refuse_foreign(link)
            if link in followed:
                # For ever, without a request: what was read once is at hand.
                raise GraphError("Graph's pages lead back to one that was read already", code="EndlessPages")
            followed.add(link)
            if fresh or link not in self._read:
                self._read[link] = self._send("GET", link)
            page = self._read[link]
            found.extend(page.get("value", []))
            link = page.get("@odata.nextLink")
        return found

    def together(self, asked: t.Sequence[_batch.Asked], *, beta: bool = False) -> _Outcomes:
        """GET many things in one request for each twenty of them: what was read, or a `GraphError`, in the order of `asked`.

        Collections come with all their pages. What was throttled or lost is asked for again, within the budget.
        """
        found: dict[int, t.Any] = {}
        paths = [self._url(path, query, beta).partition(self._url("", None, beta).rstrip("/"))[2] for path, query in asked]
        attempt = 0
        while waiting := [number for number in range(len(paths)) if number not in found]:
            answers = self._batched({number: paths[number] for number in waiting}, beta)
            again = {number: answer for number, answer in answers.items() if _batch.not_worked(answer)}
            found.update({number: _batch.outcome(answer) for number, answer in answers.items() if number not in again})
            if again:
                pause = max(_batch.pause_of(answer) or 0 for answer in again.values()) or backoff(attempt)
                attempt += 1
                throttled = all(_batch.throttled(answer) for answer in again.values())
                if (attempt >= _TRIES and not throttled) or not self.budget.fits(pause):
                    found.update({number: _exhausted(_batch.refusal(answer), attempt) for number, answer in again.items()})
                else:
                    self.budget.sleep(pause)
        return [self._whole(found[number]) for number in range(len(paths))]

    def read_ahead(self, asked: t.Sequence[_batch.Asked], *, beta: bool = False) -> None:
        """Read several things in one request, for the `get` or `list` that asks for each in a moment.

        What is refused is left to them, which know what it means. Fewer than two are left to them as well.

        :raises GraphError: when one is throttled or lost for as long as the task may wait: to ask again would be no use.
        """
        unread = [(path, query) for path, query in asked if self._url(path, query, beta) not in self._read]
        if len(unread) < 2:
            return
        for (path, query), outcome in zip(unread, self.together(unread, beta=beta), strict=True):
            if not isinstance(outcome, GraphError):
                self._read[self._url(path, query, beta)] = outcome
            elif _batch.is_not_worked(outcome.status):
                raise outcome

    def _batched(self, paths: t.Mapping[int, str], beta: bool) -> dict[int, _batch.Inner]:
        answers: dict[int, _batch.Inner] = {}
        for some_paths in _batch.chunks(paths):
            url = self._url("$batch", None, beta)
            answers.update(_batch.answers(self._send("POST", url, _batch.body(some_paths), reading=True), some_paths))
        return answers

    def _whole(self, page: Json) -> Json:
        """A collection with the pages that come after its first one; anything else, a refusal too, as it is."""
        link = page.get("@odata.nextLink") if isinstance(page, dict) else None
        if not link:
            return page
        try:
            return {"value": [*page.get("value", []), *self._pages(link, fresh=False)]}
        except GraphError as error:
            return error

    def forget(self) -> None:
        """Ask again for whatever was read before."""
        self._read.clear()

    # -- writing -------------------------------------------------------------------------------------------------

    def post(self, path: str, body: Json, *, beta: bool = False) -> Json:
        """POST once. Returns the entity of the answer; the Location header is never followed."""
        return self._send("POST", self._url(path, None, beta), body)

    def patch(self, path: str, body: Json, *, beta: bool = False, prefer: str | None = None) -> Json:
        """PATCH; repeated when its outcome is unknown, since it only sets values."""
        return self._send("PATCH", self._url(path, None, beta), body, {"Prefer": prefer} if prefer else None)

    def put(self, path: str, body: Json) -> Json:
        """PUT the whole entity."""
        return self._send("PUT", self._url(path, None, False), body)

    def delete(self, path: str, *, beta: bool = False) -> None:
        """DELETE; what is gone already is gone."""
        try:
            self._send("DELETE", self._url(path, None, beta))
        except GraphError as error:
            if error.status != 404:
                raise

    def when_ready(self, what: str, codes: t.Collection[str], send: t.Callable[[], Json]) -> Json:
        """Send a dependent request until Graph knows what it depends on.

        :param what: what is waited for, as a clause.
        :param codes: the error codes that mean "not yet"; any other error is raised at once.
        """
        last: list[GraphError] = []

        def attempt() -> Json | None:
            try:
                return send()
            except GraphError as error:
                if not has_code(error, *codes):
                    raise
                last[:] = [error]
                return None

        try:
            return self.budget.poll(what, attempt)
        except Failure as failure:
            if last and failure.code == "Timeout":
                failure.cause = f"{failure.cause}; {last[0].cause}"
                failure.request_id = last[0].request_id
            raise

    # -- inside --------------------------------------------------------------------------------------------------

    def _url(self, path: str, query: t.Mapping[str, str] | None, beta: bool) -> str:
        url = f"{self.base_url}/{'beta' if beta else 'v1.0'}/{path.lstrip('/')}"
        # OData wants %20, not +, and its $ unescaped reads better in logs.
        return url + ("?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe="$(),;/'") if query else "")

    def _refuse_foreign(self, link: str) -> None:
        # The bearer token goes where the link points: never to another host, whatever an answer says.
        if _origin(link) != _origin(self.base_url):
            raise GraphError(
                "Graph's next page lies on another host, where the access token must not be sent", code="ForeignLink"
            )

    def _send(
        self,
        method: str,
        url: str,
        body: Json = None,
        headers: t.Mapping[str, str] | None = None,
        *,
        reading: bool = False,
    ) -> Json:
        # A batch that only reads is a POST in name alone.
        reading = reading or method == "GET"
        repeatable = reading or method != "POST"
        renewed = False
        attempt = 0
        if not reading:
            self._read.clear()
        while True:
            if not reading and self.budget.over:
                # Over another connection Ansible reports the time-out, but cannot stop the module: it stops itself.
                raise Failure(
                    "the time limit of the task ran out before this was sent",
                    remedy="Raise timeout of the task and run again: nothing is done twice.",
                    code="Timeout",
                )
            answer, error = self._once(method, url, body, headers)
            if error is None:
                return _body(answer)
            if error.status == 401 and not renewed:
                # A token of an earlier task may have been revoked or may have expired: once, a new one.
                self.tokens.drop()
                renewed = True
                continue
            pause = retry_after(answer)
            refused_unworked = error.status == 429 or (error.status == 503 and pause is not None)
            # No answer, or one that tells nothing; that an object exists already is an answer.
            unanswered = error.status is None or error.status in _UNKNOWN_OUTCOME
            if not refused_unworked and not (repeatable and unanswered and error.outcome_unknown):
                raise error
            # "Retry after 0 seconds" is answered with a pause of our own, or it could go on for ever.
            pause = pause or backoff(attempt)
            attempt += 1
            if (attempt >= _TRIES and not refused_unworked) or not self.budget.fits(pause):
                raise _exhausted(error, attempt)
            self.budget.sleep(pause)

    def _once(self, method: str, url: str, body: Json, headers: t.Mapping[str, str] | None) -> tuple[t.Any, GraphError | None]:
        token = self.tokens.get()
        try:
            answer = self._http.request(
                method,
                url,
                json=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                # Given explicitly: a .netrc entry for the host would otherwise replace the bearer token.
                auth=_Bearer(token),
            )
        except requests.exceptions.RequestException as exc:
            return None, _unanswered(exc, self.base_url, self._timeout)
        if answer.status_code < 300:
            return answer, None
        error = from_answer(answer)
        error.outcome_unknown = error.outcome_unknown or answer.status_code in _UNKNOWN_OUTCOME
        return answer, error


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


class _Bearer:
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: t.Any) -> t.Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _body(answer: t.Any) -> Json:
    if answer.status_code == 204 or not answer.content:
        return {}
    try:
        return answer.json()
    except ValueError as exc:
        raise GraphError(
            f"the answer with status {answer.status_code} is not JSON",
            remedy="Something between this machine and Graph answers in its place: check proxy and graph_url.",
            status=answer.status_code,
            code="NotJson",
        ) from exc


def _unanswered(exc: Exception, base_url: str, timeout: float) -> GraphError:
    # Never str(exc): urllib3 quotes URLs and headers in there.
    if isinstance(exc, requests.exceptions.SSLError):
        return GraphError(
            f"the TLS certificate of {base_url} cannot be verified",
            remedy="Set ca_path (or REQUESTS_CA_BUNDLE) to the CA bundle that signs it, and check graph_url.",
            code="TlsError",
        )
    if isinstance(exc, requests.exceptions.ConnectTimeout):
        cause, code = f"no connection to {base_url} within {some(timeout, 'second')}", "ConnectTimeout"
    elif isinstance(exc, requests.exceptions.Timeout):
        cause, code = f"{base_url} did not answer within {some(timeout, 'second')}", "RequestTimeout"
    else:
        cause, code = f"{base_url} cannot be reached or dropped the connection", "ConnectionError"
    return GraphError(
        cause,
        outcome_unknown=True,
        remedy="Check network, proxy, cloud and graph_url, then run again: nothing is done twice.",
        code=code,
    )


def _exhausted(error: GraphError, attempts: int) -> GraphError:
    error.cause = f"{error.cause} (tried {some(attempts, 'time')})"
    if error.status == 429:
        error.remedy = "Graph throttles this tenant: run again later, raise wait_timeout, or use fewer forks."
    return error
