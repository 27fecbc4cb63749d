"""Why a problem is answered and what to do about it: by its code, else by its status."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import msgspec

from longan.floor.base.errors import Problem


class Words(msgspec.Struct, frozen=True):
    """The same in both languages."""

    vi: str
    en: str


class Advice(msgspec.Struct, frozen=True):
    cause: Words
    fix: Words


class BadAdvice(TypeError):
    """Advice that some reader would miss, or that no problem asks for: the process does not start with it."""


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """advice.toml."""

    code: dict[str, dict[str, Any]]
    status: dict[int, dict[str, Any]]


def _read() -> Written:
    try:
        return msgspec.toml.decode(files("longan.api").joinpath("advice.toml").read_bytes(), type=Written)
    except msgspec.DecodeError as error:
        raise BadAdvice(f"advice.toml: {error}") from error


def _advice(name: str | int, text: dict[str, Any]) -> Advice:
    try:
        advice = msgspec.convert(text, Advice)
    except msgspec.ValidationError as error:
        raise BadAdvice(f"{name}: {error}") from error
    # The structs cannot forbid what they do not know: they are answers too, and a reader must bear a new field.
    if msgspec.to_builtins(advice) != text:
        raise BadAdvice(f"{name}: more than a cause and a fix in vi and en")
    if not all((advice.cause.vi, advice.cause.en, advice.fix.vi, advice.fix.en)):
        raise BadAdvice(f"{name}: some words are empty")
    return advice


_WRITTEN = _read()
BY_CODE: dict[str, Advice] = {code: _advice(code, text) for code, text in _WRITTEN.code.items()}
BY_STATUS: dict[int, Advice] = {status: _advice(status, text) for status, text in _WRITTEN.status.items()}


def check(problems: Iterable[type[Problem]]) -> None:
    """Raise BadAdvice unless each of all problems has advice, and each advice a problem."""
    told = {problem.code: problem.status for problem in problems}
    missing = {code for code, status in told.items() if code not in BY_CODE and status not in BY_STATUS}
    left_over = BY_CODE.keys() - told.keys() | BY_STATUS.keys() - set(told.values())
    if missing or left_over:
        raise BadAdvice(f"no advice for {sorted(missing)}, no problem for {sorted(map(str, left_over))}")


def of(problem: type[Problem]) -> Advice:
    return BY_CODE.get(problem.code) or BY_STATUS[problem.status]
