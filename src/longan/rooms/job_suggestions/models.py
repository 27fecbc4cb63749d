"""Nouns of the room: what may be meant by what is typed so far."""

from typing import Literal

import msgspec

Kind = Literal["title", "occupation", "employer", "place"]


class Suggestion(msgspec.Struct, frozen=True):
    """`text` is what to show. `value` is what to search by: the words of a title as `q`, the code of an `occupation`,
    the id of an employer as `employer_id`, the name of a `place`."""

    kind: Kind
    text: str
    value: str


class SuggestionList(msgspec.Struct, frozen=True):
    items: list[Suggestion]
