"""What each problem means, as a page for people and as JSON: the addresses that `type` of a problem leads to."""

from functools import cache
from html import escape
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter

from longan.api import advice
from longan.api.advice import Words
from longan.floor.base.errors import NotFound, Problem, catalogue
from longan.floor.requests.policy import decided

HTML = "text/html"
CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

PAGE = """<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 0 auto; padding: 1rem }}
code {{ font-size: .95em; overflow-wrap: anywhere }}
dt {{ font-weight: 600; margin-top: 1rem }}
dd {{ margin: 0 }}
li {{ margin: .5rem 0 }}
[lang=en] {{ opacity: .75 }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class ProblemKind(msgspec.Struct, frozen=True):
    """What `type` of a problem leads to. `operations` are the operation ids that may answer it; the ones of the whole
    service (an unknown path, say) have none."""

    type: str
    code: str
    status: int
    title: Words
    cause: Words
    fix: Words
    operations: list[str]


class ProblemKinds(msgspec.Struct, frozen=True):
    items: list[ProblemKind]


@get(
    "/problems",
    tags=["docs"],
    responses={200: ResponseSpec(ProblemKinds)},
    opt=decided(auth="public", limit="page", produces="application/json, text/html"),
)
async def list_problems(request: Request[Any, Any, State], state: State) -> Response[Any]:
    """Every problem this service can answer"""
    kinds = [_kind(problem, state) for problem in _problems().values()]
    if _wants_json(request):
        return Response(ProblemKinds(kinds), headers={"Vary": "Accept"})
    return _page("Các lỗi / Problems", "<h1>Các lỗi / Problems</h1>\n<ul>\n" + "\n".join(map(_line, kinds)) + "\n</ul>")


@get(
    "/problems/{code:str}",
    tags=["docs"],
    responses={200: ResponseSpec(ProblemKind)},
    opt=decided(auth="public", limit="page", produces="application/json, text/html", raises=(NotFound,)),
)
async def get_problem(
    request: Request[Any, Any, State],
    state: State,
    code: Annotated[str, PathParameter(description="`code` of a problem")],
) -> Response[Any]:
    """What a problem means, why it is answered and what to do"""
    problem = _problems().get(code)
    if problem is None:
        raise NotFound
    kind = _kind(problem, state)
    if _wants_json(request):
        return Response(kind, headers={"Vary": "Accept"})
    return _page(f"{kind.title.vi} ({code})", _article(kind))


HANDLERS = [list_problems, get_problem]


@cache
def _problems() -> dict[str, type[Problem]]:
    return {problem.code: problem for problem in sorted(catalogue(), key=lambda p: (p.status, p.code))}


def _kind(problem: type[Problem], state: State) -> ProblemKind:
    why = advice.of(problem)
    return ProblemKind(
        type=f"/problems/{problem.code}",
        code=problem.code,
        status=problem.status,
        title=Words(problem.vi, problem.en),
        cause=why.cause,
        fix=why.fix,
        operations=state.document.raised.get(problem.code, []),
    )


def _wants_json(request: Request[Any, Any, State]) -> bool:
    """A page for whoever did not ask for JSON by name: the address is one that people follow."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def _page(title: str, body: str) -> Response[Any]:
    return Response(
        PAGE.format(title=escape(title), body=body),
        media_type=HTML,
        headers={"Content-Security-Policy": CONTENT_POLICY, "Vary": "Accept"},
    )


def _line(kind: ProblemKind) -> str:
    link = f'<a href="{escape(kind.type)}"><code>{escape(kind.code)}</code></a>'
    return f"<li>{kind.status} {link}<br>{_both(kind.title)}</li>"


def _article(kind: ProblemKind) -> str:
    rows = [("Vì sao / Cause", _both(kind.cause)), ("Làm gì / Fix", _both(kind.fix))]
    if kind.operations:
        named = ", ".join(f"<code>{escape(name)}</code>" for name in kind.operations)
        rows.append(("Thao tác / Operations", named))
    told = "\n".join(f"<dt>{term}</dt>\n<dd>{words}</dd>" for term, words in rows)
    return (
        f'<h1>{escape(kind.title.vi)}</h1>\n<p lang="en">{escape(kind.title.en)}</p>\n'
        f"<p>{kind.status} <code>{escape(kind.code)}</code></p>\n<dl>\n{told}\n</dl>\n"
        '<p><a href="/problems">Tất cả các lỗi / All problems</a> · <a href="/docs">API</a></p>'
    )


def _both(words: Words) -> str:
    return f'{escape(words.vi)}<br><span lang="en">{escape(words.en)}</span>'
