"""The document and its page: Swagger UI from its wheel, nothing from elsewhere."""

import hashlib
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from litestar.params import FromPath

from longan.api import problem_pages
from longan.floor.base.errors import NotFound
from longan.floor.requests.deps import Ex
from longan.floor.requests.policy import decided

ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript",
}
HTML = "text/html"

# Swagger UI writes styles of its own into the page; scripts come from files only.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

DOCS = """<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Long An ID: API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<noscript><a href="/docs/openapi.json">openapi.json</a></noscript>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""

START = """\
"use strict";
SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayOperationId: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  validatorUrl: null,
});
"""


class OpenApi(msgspec.Struct, frozen=True):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]


@get("/docs", tags=["docs"], include_in_schema=False, opt=decided(auth="public", limit="page", produces="text/html"))
async def show_docs() -> Response[str]:
    """The document as a page to read and try"""
    return Response(DOCS, media_type=HTML, headers={"Content-Security-Policy": DOCS_POLICY})


@get(
    "/docs/assets/{name:str}",
    tags=["docs"],
    include_in_schema=False,
    opt=decided(auth="public", limit="page", produces="text/css, text/javascript, image/png"),
)
async def get_docs_asset(exchange: Ex, name: FromPath[str]) -> Response[bytes]:
    """A file of the page"""
    if name not in ASSETS:
        raise NotFound
    content, exchange.etag = _asset(name)
    return Response(content, media_type=ASSETS[name])


@get(
    "/docs/openapi.json",
    tags=["docs"],
    responses={200: ResponseSpec(OpenApi)},
    opt=decided(
        auth="public",
        limit="page",
        example={
            "openapi": "3.1.0", "info": {"title": "Long An ID", "version": "1"}, "servers": [{"url": "/"}], "tags": [],
            "paths": {}, "components": {},
        },
    ),
)  # fmt: skip
async def get_document(exchange: Ex, state: State) -> Response[bytes]:
    """This document"""
    exchange.etag = state.document.etag
    return Response(state.document.body, media_type="application/json")


HANDLERS = [show_docs, get_docs_asset, get_document, *problem_pages.HANDLERS]


@cache
def _asset(name: str) -> tuple[bytes, str]:
    """A file's bytes and its ETag. Only names of ASSETS come here."""
    if name == "start.js":
        content = START.encode()
    else:
        # Found, not imported: the package's own code brings a template engine along.
        content = Path(str(distribution("swagger-ui-py").locate_file(f"swagger_ui/static/{name}"))).read_bytes()
    return content, f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
