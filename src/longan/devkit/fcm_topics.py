"""FCM topics: their names, conditions over them, and which registration has subscribed to which."""

import re
from collections import OrderedDict
from collections.abc import Container
from datetime import datetime

KEPT_REGISTRATIONS = 10_000
TOPICS_OF_ONE = 2_000
TOPICS_IN_CONDITION = 5

TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}")
TOPIC_TEST = re.compile(r"'([a-zA-Z0-9\-_.~%]{1,900})' in topics")
# One step of reading a condition in which \0 and \1 stand for no and yes: brackets, not, and the leftmost pair.
# Google reads brackets first and then from left to right; && binds no closer than ||.
STEP = re.compile(r"\(([\0\1])\)|!([\0\1])|(?:^|(?<=\())([\0\1])(&&|\|\|)([\0\1])")


class TooMany(Exception):
    """One registration with more topics than it may have."""


def is_condition(condition: str) -> bool:
    """Whether FCM could read it: at most five topics, `&&`, `||`, `!` and brackets."""
    return _value(condition, ()) is not None


def holds(condition: str, topics: Container[str]) -> bool:
    """Whether the condition is true of somebody who has subscribed to these topics."""
    return _value(condition, topics) is True


def _value(condition: str, topics: Container[str]) -> bool | None:
    if "\0" in condition or "\1" in condition:
        return None
    text, count = TOPIC_TEST.subn(lambda found: "\1" if found[1] in topics else "\0", condition)
    text = text.replace(" ", "")
    if not 0 < count <= TOPICS_IN_CONDITION or len(text) > 100:
        return None
    while (shorter := STEP.sub(_stepped, text)) != text:
        text = shorter
    return {"\0": False, "\1": True}.get(text)


def _stepped(found: re.Match[str]) -> str:
    bracketed, negated, left, operator, right = found.groups()
    if bracketed is not None:
        return bracketed
    if negated is not None:
        return "\0" if negated == "\1" else "\1"
    return min(left, right) if operator == "&&" else max(left, right)


class Subscriptions:
    """Each registration's topics and since when; of the registrations the last ones that subscribed to something."""

    def __init__(self) -> None:
        self._topics: OrderedDict[str, dict[str, datetime]] = OrderedDict()
        self.changes = 0

    def of(self, registration: str) -> dict[str, datetime]:
        """Its topics, with when it subscribed."""
        return dict(self._topics.get(registration, {}))

    def add(self, registration: str, topic: str, now: datetime) -> bool:
        """Whether it is new. Raises TooMany."""
        topics = self._topics.setdefault(registration, {})
        if topic in topics:
            return False
        if len(topics) >= TOPICS_OF_ONE:
            raise TooMany
        topics[topic] = now
        self.changes += 1
        self._topics.move_to_end(registration)
        if len(self._topics) > KEPT_REGISTRATIONS:
            self._topics.popitem(last=False)
        return True

    def remove(self, registration: str, topic: str) -> bool:
        """Whether it was there."""
        topics = self._topics.get(registration, {})
        if topics.pop(topic, None) is None:
            return False
        self.changes += 1
        if not topics:
            del self._topics[registration]
        return True

    def reached(self, kind: str, target: str) -> list[str]:
        """The registrations that a message to a topic (`kind` is `topic`) or a condition goes to."""
        if kind == "topic":
            return [registration for registration, topics in self._topics.items() if target in topics]
        return [registration for registration, topics in self._topics.items() if holds(target, topics)]
