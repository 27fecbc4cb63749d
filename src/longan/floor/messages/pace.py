"""Pace: a token bucket whose rate grows slowly after a start or a pause, as Google asks of who sends pushes.

https://firebase.google.com/docs/cloud-messaging/scale-fcm: ramp up over a minute. The bucket holds what the rate of the
moment gives in a second, so within any time from `s` to `e` at most `rate * (e - s + 1)` are taken.
"""

from datetime import datetime, timedelta

import msgspec

RAMP_SECONDS = 60.0
# So much of the rate is there at once.
FIRST_SHARE = 0.1
BURST_SECONDS = 1.0
# Whoever sent nothing for so long starts anew.
IDLE = timedelta(seconds=60)


def speed(rate: float, age: float) -> float:
    """Tokens a second, `age` seconds after the ramp began; none before that."""
    return 0.0 if age < 0 else rate * min(1.0, max(FIRST_SHARE, age / RAMP_SECONDS))


def given(rate: float, age: float) -> float:
    """Tokens that a ramp has given after `age` seconds: the area below `speed`."""
    flat, slope = FIRST_SHARE * RAMP_SECONDS, RAMP_SECONDS
    if age <= flat:
        return rate * FIRST_SHARE * max(age, 0.0)
    climbed = (min(age, slope) ** 2 - flat**2) / (2 * slope)
    return rate * (FIRST_SHARE * flat + climbed + max(age - slope, 0.0))


class Pace(msgspec.Struct, frozen=True):
    """The bucket as it was left `at`. A ramp that begins later than now is a pause until then."""

    tokens: float
    at: datetime
    ramp_from: datetime

    def filled(self, rate: float, now: datetime) -> "Pace":
        """The bucket now. A clock that went back gives nothing."""
        if now <= self.at:
            return self
        if now - self.at >= IDLE and self.ramp_from <= self.at:
            return Pace(speed(rate, 0.0) * BURST_SECONDS, now, now)
        age = (now - self.ramp_from).total_seconds()
        before = (self.at - self.ramp_from).total_seconds()
        tokens = self.tokens + given(rate, age) - given(rate, before)
        return Pace(min(tokens, speed(rate, age) * BURST_SECONDS), now, self.ramp_from)

    def taken(self, number: int) -> "Pace":
        """What is left after `number` tokens, of which there were so many."""
        return Pace(self.tokens - number, self.at, self.ramp_from)

    def paused(self, until: datetime) -> "Pace":
        """Nothing until then, and then slowly."""
        return Pace(0.0, self.at, max(until, self.ramp_from))
