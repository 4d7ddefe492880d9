"""The proof a request brings: a bearer token, or the cookie of a browser that stands on our own page."""

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from app.front import Turned
from authz.errors import Unauthenticated

SECURE = "__Host-dudao"
PLAIN = "dudao"  # the demo over http, where a browser refuses the other name


def cookie_name(*, https: bool) -> str:
    return SECURE if https else PLAIN


def bearer_or_cookie(headers: Headers, *, https: bool) -> str | None:
    """The token, or None where there is no proof at all. Raises Unauthenticated for a strange one, Turned 403 for a cookie from elsewhere."""
    authorization = headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip() or len(headers.getlist("authorization")) > 1:
            raise Unauthenticated("EXPIRED")
        return token.strip()
    kept = cookie_of(headers, https=https)
    if kept is not None and not same_origin(headers, https=https):
        raise Turned(403, "same_origin")
    return kept


def cookie_of(headers: Headers, *, https: bool) -> str | None:
    try:
        kept = SimpleCookie("; ".join(headers.getlist("cookie"))).get(cookie_name(https=https))
    except CookieError:
        return None
    return kept.value if kept else None


def same_origin(headers: Headers, *, https: bool) -> bool:
    """Whether the browser says that this site's own page sent it. A browser that says nothing is not believed."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = urlsplit(headers.get("origin", ""))
    return origin.scheme == ("https" if https else "http") and origin.netloc == headers.get("host")


def set_cookie(token: str, *, https: bool, seconds: int) -> str:
    """The header that lays the cookie down; no seconds takes it away."""
    secure = "; Secure" if https else ""
    return f"{cookie_name(https=https)}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
