"""What the stand-in of an Open311 endpoint answers when it lies: pages, bombs, documents without end, other types."""

import asyncio
import gzip
import json

from aiohttp import web

HUGE_BYTES = 1024**3
CHUNK = 64 * 1024
KINDS = {"json": "application/json", "xml": "text/xml"}
# What a reader that knows document types would make gigabytes of, or fetch for us.
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><service_requests><request>{fields}</request></service_requests>'
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    "<service_requests><request>{fields}</request></service_requests>"
)


async def spoilt(request: web.Request, mode: str, form: str, good: web.Response) -> web.StreamResponse | None:
    """What a client gets in the modes in which the answer, and not the service, is wrong."""
    whole = good.body if isinstance(good.body, bytes) else b""
    kind = KINDS[form]
    # The next five would be believed by whoever reads pages, reads without end, unpacks without end or goes elsewhere.
    if mode == "garbled":
        return web.Response(body=whole[:40], content_type=kind)
    if mode == "page":
        return web.Response(body=whole, content_type="text/html")
    if mode == "huge":
        return await _huge(request, whole, kind)
    if mode == "packed":
        packed = gzip.compress(whole + b" " * 8 * 1024 * 1024)
        return web.Response(body=packed, content_type=kind, headers={"Content-Encoding": "gzip"})
    if mode == "elsewhere":
        return web.Response(status=302, headers={"Location": f"/longanso/v2/elsewhere.{form}"})
    if mode in ("bomb", "external"):
        page = (BOMB if mode == "bomb" else EXTERNAL).format(
            fields="<service_request_id>LAS-1</service_request_id><status>closed</status>"
            f"<status_notes>&{'c' if mode == 'bomb' else 'a'};</status_notes>"
        )
        return web.Response(text=page, content_type=kind)
    if mode == "wrong_types":
        record = {"service_request_id": ["LAS-1"], "status": 7}
        wrong = json.dumps([record]) if form == "json" else "<service_requests><request><service_request_id><x/>"
        return web.Response(text=wrong, content_type=kind)
    return None


async def _huge(request: web.Request, begin: bytes, kind: str) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": kind})
    await answer.prepare(request)
    try:
        await answer.write(begin)
        for _ in range(HUGE_BYTES // CHUNK):
            await answer.write(b" " * CHUNK)
    except (ConnectionError, asyncio.CancelledError):
        return answer
    return answer
