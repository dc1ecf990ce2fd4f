# SPDX-License-Identifier: MIT
"""A model field whose values are of one immutable Python type, whatever the column holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

__all__ = ["ValueField"]

Value = TypeVar("Value")

if TYPE_CHECKING:
    Column = models.Field[Any, Value]
else:

    class Column(models.Field, Generic[Value]):
        """Django's fields take type parameters for the type checker only."""


class _Converting(DeferredAttribute):
    """Converts what is assigned; keeps what cannot be converted, for ``full_clean()`` to complain of."""

    field: ValueField[Any]

    def __set__(self, instance: models.Model, value: object) -> None:
        if value is not None and not hasattr(value, "resolve_expression"):
            with suppress(ValidationError):
                value = self.field.to_python(value)
        instance.__dict__[self.field.attname] = value


class _OnlyNone(tuple[None, ...]):
    """Asks by identity: arrays compare with anything cell by cell."""

    __slots__ = ()

    def __contains__(self, value: object) -> bool:
        return value is None


class ValueField(Column[Value], Generic[Value]):
    """Base of the fields of this package.

    A subclass says what the column holds (``get_internal_type``), and converts: ``decode`` what the column holds,
    ``convert`` what people assign, ``encode`` a value for the column.
    """

    descriptor_class = _Converting
    empty_values = _OnlyNone((None,))

    def decode(self, stored: Any) -> Value:
        """The value of what the column holds; raises ValueError."""
        raise NotImplementedError

    def convert(self, given: object) -> Value:
        """The value that somebody assigned; raises ValueError with the reason."""
        raise NotImplementedError

    def encode(self, value: Value) -> Any:
        """What the column holds for a value."""
        raise NotImplementedError

    def text(self, value: Value) -> str:
        """The value as text that ``convert`` understands, for forms and fixtures."""
        raise NotImplementedError

    def from_db_value(self, stored: Any, expression: object, connection: object) -> Any:
        """The value of a column."""
        return None if stored is None else self.decode(stored)

    def to_python(self, value: Any) -> Any:
        """The value of anything that may be assigned; raises ValidationError."""
        if value is None:
            return None
        try:
            return self.convert(value)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def get_prep_value(self, value: Any) -> Any:
        """What the column holds; raises ValidationError for a value that is none."""
        value = super().get_prep_value(value)
        return value if value is None or hasattr(value, "resolve_expression") else self.encode(self.to_python(value))

    def value_to_string(self, obj: models.Model) -> str:
        """The text of the value in fixtures."""
        value = self.value_from_object(obj)
        return "" if value is None else self.text(value)

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """A text area that shows ``text``."""
        return super().formfield(form_class=_ValueFormField, show=self._shown, **kwargs)

    def _shown(self, value: Any) -> str:
        return value if isinstance(value, str) else self.text(value)


class _ValueFormField(forms.CharField):
    """Shows a value by a function; what a person writes is left to the model field to read."""

    widget = forms.Textarea

    def __init__(self, *, show: Callable[[Any], str], **kwargs: Any) -> None:
        super().__init__(empty_value=None, strip=True, **kwargs)
        self._show = show

    def prepare_value(self, value: Any) -> Any:
        return None if value is None else self._show(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
