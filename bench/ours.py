"""Our own application without its cache of answers: what a request costs that nobody asked for before."""

from longan.api.app import serve
from longan.api.edge import Edge


def uncached() -> Edge:
    """Everything of the edge is on. The cache is asked as always, in the process and in Valkey, and never has it."""
    edge = serve()
    edge.app.state.cache.put = _keep_nothing
    return edge


def _keep_nothing(*answer: object) -> None:
    """Every request is then a miss."""
