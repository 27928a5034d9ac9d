"""Days and moments, as people write them."""

from datetime import UTC, date, datetime
from typing import Any

import click


class Moment(click.ParamType[date | datetime]):
    """A day, or a moment in UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date | datetime:  # noqa: ANN401  click's
        """Read a day, or a moment; one with a zone is brought to UTC.

        >>> Moment().convert("2026-11-20", None, None)
        datetime.date(2026, 11, 20)
        >>> Moment().convert("2026-11-20T10:00+02:00", None, None)
        datetime.datetime(2026, 11, 20, 8, 0)
        """
        if isinstance(value, date):
            return value
        text = str(value)
        try:
            return date.fromisoformat(text) if len(text) <= len("2026-11-20") else _utc(datetime.fromisoformat(text))
        except ValueError:
            self.fail(f"{text!r} is no moment; expected for example 2026-01-31 or 2026-01-31T16:30Z", param, ctx)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
