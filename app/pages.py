"""What a browser sees: the start page, sign-in and sign-out, and GraphiQL from our own files. No file comes from elsewhere, no script is inline."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl

import orjson
from graphql import introspection_from_schema
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.cookies import bearer_or_cookie, cookie_of, same_origin, set_cookie
from app.endpoint import House, Shown, refusal, spoken
from app.front import Gate, Turned, body_of, json_of
from app.health import answers
from app.negotiation import Media, language_of, media_type
from authz.errors import Unauthenticated
from gql.errors import RequestError

STATIC = Path(__file__).with_name("static")
LOGIN_BYTES = 4096
COOKIE_SECONDS = 8 * 3600  # the token itself may end sooner
FORM = "application/x-www-form-urlencoded"
PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
GRAPHIQL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)


class Pages:
    def __init__(self, house: House) -> None:
        self._house = house
        self._gate = Gate(get=False, body_bytes=LOGIN_BYTES, read_seconds=house.gate.read_seconds)

    async def start(self, request: Request) -> Response:
        return await self._start(request)

    async def graphiql(self, request: Request) -> Response:
        """For who is signed in; everyone else is shown where to do so."""
        if not await self._signed_in(request):
            return RedirectResponse("/", status_code=303)
        return _page((STATIC / "graphiql.html").read_text(encoding="utf-8"), GRAPHIQL_POLICY)

    async def login(self, request: Request) -> Response:
        """By the form: the cookie, and back to the start. By JSON `{name, password}`: the bearer token, for programs."""
        form = media_type(request.headers.get("content-type", ""))[0] == FORM
        try:
            name, password = await self._credentials(request, form=form)
            token = await self._house.doorkeeper.sign_in(name, password)
        except Unauthenticated as error:
            return await self._start(request, failed=True) if form else self._refused(request, error)
        except Exception as error:  # noqa: BLE001 - as at /graphql: the table of errors decides
            return self._refused(request, error)
        if not form:
            return spoken(orjson.dumps({"token": token}), Media.JSON, status=200, headers={})
        cookie = set_cookie(token, https=_https(request), seconds=COOKIE_SECONDS)
        return RedirectResponse("/", status_code=303, headers={"Set-Cookie": cookie})

    async def logout(self, request: Request) -> Response:
        """Ends the login that the request proves; a token that proves nothing has nothing to end."""
        https = _https(request)
        try:
            token = bearer_or_cookie(request.headers, https=https)
        except (Turned, Unauthenticated) as error:
            return self._refused(request, error)
        if token is not None:
            await self._house.doorkeeper.sign_out(token)
        return RedirectResponse("/", status_code=303, headers={"Set-Cookie": set_cookie("", https=https, seconds=0)})

    async def schema_json(self, _: Request) -> Response:
        """The published contract as GraphiQL wants it."""
        return Response(orjson.dumps(introspection_from_schema(self._house.documents.schema)), media_type="application/json")

    async def _credentials(self, request: Request, *, form: bool) -> tuple[str, str]:
        """Raises Turned for a form from another site, RequestError where name or password are missing."""
        if form:
            self._check_browser(request)
        elif media_type(request.headers.get("content-type", ""))[0] != Media.JSON:
            raise Turned(415, "media_type")
        body = await body_of(request.receive, request.headers, self._gate)
        given: object = dict(parse_qsl(body.decode(errors="replace"))) if form else json_of(body)
        if not isinstance(given, Mapping) or not isinstance(given.get("name"), str) or not isinstance(given.get("password"), str):
            raise RequestError("BODY", "name, password")
        return given["name"], given["password"]

    def _check_browser(self, request: Request) -> None:
        if not same_origin(request.headers, https=_https(request)):
            raise Turned(403, "same_origin")
        if not _https(request) and not self._house.settings.demo:
            raise Turned(403, "https")

    def _refused(self, request: Request, error: Exception) -> Response:
        return refusal(error, language_of(request.headers), media=Media.JSON)

    async def _signed_in(self, request: Request) -> bool:
        token = cookie_of(request.headers, https=_https(request))
        if token is None:
            return False
        try:
            await self._house.doorkeeper.identify(token, None)
        except Unauthenticated:
            return False
        return True

    async def _start(self, request: Request, *, failed: bool = False) -> Response:
        ready = not self._house.health.draining and await answers(self._house.database)
        signed_in = ready and await self._signed_in(request)
        refused = '<p class="bad">账号或密码不对。<span lang="en">Wrong account or password.</span></p>'
        who = _filled("signed_in.html") if signed_in else _filled("sign_in.html", failed=refused if failed else "")
        page = _filled(
            "start.html",
            health="就绪 ready" if ready else "数据库不可用 database away",
            health_class="good" if ready else "bad",
            who=who,
            demo=_demo(self._house.demo_accounts),
        )
        return _page(page, PAGE_POLICY, status=401 if failed else 200)


def _demo(accounts: Sequence[Shown]) -> str:
    """The accounts of the demo, for all to see: that is what it is for. Nothing outside it."""
    if not accounts:
        return ""
    cells = (
        (f"<code>{escape(one.name)}</code>", f"<code>{escape(one.password)}</code>", escape(one.role), escape(one.organization)) for one in accounts
    )
    return _filled("demo.html", rows="\n".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in cells))


def _https(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")


def _filled(name: str, **values: str) -> str:
    """A template of ours with values that are HTML already."""
    return Template((STATIC / name).read_text(encoding="utf-8")).substitute(values)


def _page(text: str, policy: str, *, status: int = 200) -> Response:
    return HTMLResponse(text, status_code=status, headers={"Content-Security-Policy": policy, "X-Frame-Options": "DENY"})
