"""Our own application without its cache of answers: what a request costs that nobody asked for before."""

from longan.api.app import serve
from longan.api.edge import Edge
from longan.floor.requests.cache import Key


def uncached() -> Edge:
    """Everything of the edge is on. The cache is asked as always, never has it, and keeps it for nobody."""
    edge = serve()
    cache = edge.app.state.cache
    cache.put, cache.asked_again = _keep_nothing, _never_before
    return edge


def _keep_nothing(*answer: object) -> None:
    """Every request is then a miss."""


def _never_before(key: Key) -> bool:
    return hash(key) is None
