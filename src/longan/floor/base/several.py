"""Several values in one parameter, separated by commas."""

from typing import Any, get_args

import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest


def commas(kind: Any) -> str:
    """What a document says of such a parameter, whose values are of the Literal `kind`."""
    return f"One or several, separated by commas: {', '.join(get_args(kind))}"


def several(name: str, text: str | None, kind: Any) -> list[Any] | None:
    """The values of the parameter `name`, each once; None when there are none. Raises `InvalidRequest`."""
    if not text:
        return None
    try:
        return msgspec.convert(sorted(set(text.split(","))), list[kind])
    except msgspec.ValidationError as error:
        raise InvalidRequest(FieldError(f"?{name}", "not_one_of")) from error
