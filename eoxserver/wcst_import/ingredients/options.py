# SPDX-License-Identifier: MIT
"""Sections of ingredients as dataclasses: each field an option with its form, its default and what it does.

A section is read with :func:`read_section`; the table of options in the documentation is made from the same fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from eoxserver.core.errors import suggest
from eoxserver.wcst_import.errors import IngredientsError

__all__ = [
    "COMMENT", "Form", "anything", "choice", "either", "flag", "list_of", "mapping_of", "number", "one_or_more",
    "option", "read_section", "section", "sentence", "text", "whole_number",
]  # fmt: skip

COMMENT = "__comment__"
"""A key that is accepted everywhere and says nothing."""

S = TypeVar("S")


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """What the value of an option may be."""

    accepted: str
    """In words, after "must be"."""
    read: Callable[[Any, str], Any]
    """From a value of JSON and its key to the value; raises ValueError when it is not of this form."""


def option(
    form: Form,
    meaning: str,
    default: Any = dataclasses.MISSING,
    *,
    name: str = "",
    rest: bool = False,
    idle: bool = False,
) -> Any:
    """A field of a section; required without a default.

    Parameters
    ----------
    name : str
        Of the option in the file; by default that of the field.
    rest : bool
        Whether the field takes, as an object, every option that no other field has.
    idle : bool
        Whether it is accepted without effect; ``meaning`` is the reason then, or nothing.
    """
    if idle:
        meaning = f"without effect: {meaning}" if meaning else "without effect"
    metadata = {"form": form, "meaning": meaning, "name": name, "rest": rest, "idle": idle}
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def read_section(kind: type[S], values: Any, key: str) -> S:
    """The options of a section.

    Parameters
    ----------
    kind : type
        A dataclass whose fields were made by :func:`option`.
    key : str
        Path of the section in the file, for messages.

    Raises
    ------
    IngredientsError
        For an unknown option, with the nearest name; a missing one; a value of another form.
    """
    if not isinstance(values, Mapping):
        raise IngredientsError(f"{key} must be an object, not {_shown(values)}", locator=key)
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]  # there is no type for the class of a dataclass
    known = {each.metadata["name"] or each.name: each for each in fields if not each.metadata["rest"]}
    rest = next((each for each in fields if each.metadata["rest"]), None)
    found: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in values.items():
        if name == COMMENT:
            continue
        if name in known:
            found[known[name].name] = _read(known[name].metadata["form"], value, f"{key}.{name}")
        elif rest is not None:
            others[name] = _read(rest.metadata["form"], value, f"{key}.{name}")
        else:
            raise IngredientsError(f"{key} has no option '{name}'; {suggest(name, known, 40)}", locator=f"{key}.{name}")
    _check_complete(known, found, key)
    if rest is not None:
        found[rest.name] = others
    return kind(**found)


def _check_complete(known: Mapping[str, dataclasses.Field[Any]], found: Mapping[str, Any], key: str) -> None:
    for name, each in known.items():
        required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if required and each.name not in found:
            raise IngredientsError(
                f"{key}.{name} is missing: {each.metadata['meaning']}; it must be {each.metadata['form'].accepted}",
                locator=f"{key}.{name}",
            )


def _read(form: Form, value: Any, key: str) -> Any:
    try:
        return form.read(value, key)
    except ValueError as error:
        if isinstance(error, IngredientsError):
            raise
        detail = f": {error}" if str(error) else ""
        raise IngredientsError(f"{key} must be {form.accepted}, not {_shown(value)}{detail}", locator=key) from error


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}..."


# -- forms ------------------------------------------------------------------------------------------------------


def _text(value: Any, _: str) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _sentence(value: Any, _: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    return str(value)


def _flag(value: Any, _: str) -> bool:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise ValueError
    return value


text = Form("text", _text)
sentence = Form("a sentence (text) or a number", _sentence)
flag = Form("true or false", _flag)
anything = Form("any value", lambda value, _: value)


def number(low: float | None = None, above: float | None = None) -> Form:
    """A number, at least ``low`` or greater than ``above``; text that reads as one is accepted."""
    limit = f" from {low:g} on" if low is not None else f" greater than {above:g}" if above is not None else ""

    def read(value: Any, _: str) -> float:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        try:
            found = float(value)
        except ValueError:
            raise ValueError from None
        if (low is not None and not found >= low) or (above is not None and not found > above):
            raise ValueError
        return found

    return Form(f"a number{limit}", read)


def whole_number(low: int = 0) -> Form:
    """A whole number, at least ``low``."""

    def read(value: Any, key: str) -> int:
        found = number().read(value, key)
        if found != int(found) or found < low:
            raise ValueError
        return int(found)

    return Form(f"a whole number from {low} on", read)


def choice(*names: str) -> Form:
    """One of some words, in any case."""

    def read(value: Any, _: str) -> str:
        if not isinstance(value, str) or value.lower() not in names:
            raise ValueError
        return value.lower()

    return Form(" or ".join(f"'{name}'" for name in names), read)


def list_of(form: Form) -> Form:
    """A list of values of one form."""

    def read(value: Any, key: str) -> tuple[Any, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise ValueError
        return tuple(_read(form, each, f"{key}[{number}]") for number, each in enumerate(value))

    return Form(f"a list, each {form.accepted}", read)


def one_or_more(form: Form) -> Form:
    """A value, or a list of such values."""

    def read(value: Any, key: str) -> tuple[Any, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            return (_read(form, value, key),)
        read_list: tuple[Any, ...] = list_of(form).read(value, key)
        return read_list

    return Form(f"{form.accepted}, or a list of such", read)


def mapping_of(form: Form) -> Form:
    """An object with any names and values of one form."""

    def read(value: Any, key: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError
        return {name: _read(form, each, f"{key}.{name}") for name, each in value.items() if name != COMMENT}

    return Form(f"an object, each value {form.accepted}", read)


def either(one: Form, other: Form) -> Form:
    """A value of one form or the other."""

    def read(value: Any, key: str) -> Any:
        try:
            return one.read(value, key)
        except ValueError as error:
            if isinstance(error, IngredientsError):
                raise
            return other.read(value, key)

    return Form(f"{one.accepted}, or {other.accepted}", read)


def section(kind: type) -> Form:
    """A section of its own."""
    return Form("an object", lambda value, key: read_section(kind, value, key))
