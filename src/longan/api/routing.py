"""Which operation a path and method name, in the one spelling a resource has; made once from the app's routes."""

import re
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types.internal_types import PathParameterDefinition

from longan.api.dispatch import Plan
from longan.floor.requests.policy import Policy

_FORMS = {
    UUID: re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII),
    str: re.compile(r"[A-Za-z0-9._~-]{1,128}", re.ASCII),
}


class Operation(msgspec.Struct, frozen=True):
    """A handler as the edge needs it. `name` is the operation id."""

    name: str
    method: str
    path: str
    policy: Policy
    takes_body: bool
    needs_body: bool
    parameters: frozenset[str]
    handler: Any
    plan: Plan


class Node:
    """A path's next segments: by their text, or one parameter of a form."""

    __slots__ = ("form", "operations", "parameter", "texts")

    def __init__(self) -> None:
        self.texts: dict[str, Node] = {}
        self.parameter: Node | None = None
        self.form: re.Pattern[str] | None = None
        self.operations: dict[str, Operation] | None = None


class Routes:
    """The tree of all paths."""

    def __init__(self, app: Litestar) -> None:
        self._root = Node()
        self._whole: dict[str, dict[str, Operation]] = {}
        self.operations: list[Operation] = []
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                self._add(route, app.state)

    def _add(self, route: HTTPRoute, state: State) -> None:
        node = self._root
        for part in route.path_components:
            if isinstance(part, PathParameterDefinition):
                node.parameter = node.parameter or Node()
                node = node.parameter
                node.form = _FORMS[part.type]
            else:
                node = node.texts.setdefault(part, Node())
        found: dict[str, Operation] = {
            str(method): _operation(handler, str(method), route, state)
            for method, (handler, _) in route.route_handler_map.items()
            if method != "OPTIONS"
        }
        node.operations = {**(node.operations or {}), **found}
        if not any(isinstance(part, PathParameterDefinition) for part in route.path_components):
            self._whole[route.path] = node.operations
        self.operations += found.values()

    def find(self, path: str) -> dict[str, Operation] | None:
        """The operations of a path by method, or None. Other spellings of a path (a slash more, a digit of another
        script, an upper-case UUID) are other paths, and do not exist."""
        if (whole := self._whole.get(path)) is not None:
            return whole
        node = self._root
        for part in path.split("/")[1:]:
            following = node.texts.get(part)
            if following is None:
                following = node.parameter
                if following is None or following.form is None or following.form.fullmatch(part) is None:
                    return None
            node = following
        return node.operations


def _operation(handler: HTTPRouteHandler, method: str, route: HTTPRoute, state: State) -> Operation:
    _, model = route.route_handler_map[method]  # type: ignore[index]
    data = handler.parsed_fn_signature.parameters.get("data")
    policy: Policy = handler.opt["policy"]
    return Operation(
        name=handler.handler_name,
        method=method,
        path=re.sub(r":\w+}", "}", route.path_format),
        policy=policy,
        takes_body=data is not None or bool(policy.takes),
        needs_body=bool(policy.takes) or (data is not None and not data.is_optional),
        parameters=frozenset(p.field_alias for p in model.expected_query_params),
        handler=handler,
        plan=Plan(handler, model, route.path_format, state),
    )
