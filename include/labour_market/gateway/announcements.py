"""Announcements of a sender: a delivery, read strictly, or a defect that names what is wrong with it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from labour_market.batches.periods import period_bounds

FIRST_DAY, LAST_DAY = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # of a delivery: other days are no calendar's


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a control character")
    return text


Total = (
    Annotated[int, Field(strict=True, gt=-(2**63), lt=2**63)]
    | Annotated[float, Field(strict=True, gt=-(2**63), lt=2**63)]  # an integer beyond its limit would be read as a rounded one
    | Annotated[str, Field(max_length=200), AfterValidator(_plain)]
    | None
)


class Delivery(BaseModel):
    """One delivery as its sender announced it. Unknown members are ignored; a missing or invalid one makes it unreadable."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    delivery_id: Annotated[str, Field(min_length=1, max_length=200)]
    feed: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    sender_code: Annotated[str, Field(min_length=1, max_length=40)]
    period: Annotated[str, Field(min_length=1, max_length=40)]
    sequence: Annotated[int, Field(strict=True, ge=1, lt=2**31)]
    supersedes: Annotated[str, Field(max_length=200)] | None = None
    status: Literal["draft", "final"]
    form_version: Annotated[str, Field(max_length=80)] | None = None
    media_type: Annotated[str, Field(min_length=1, max_length=120)]
    encoding: Annotated[str, Field(max_length=40)] | None = None
    record_count: Annotated[int, Field(strict=True, ge=0, lt=2**31)]
    size_bytes: Annotated[int, Field(strict=True, ge=0, lt=2**53)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    declared_totals: dict[Annotated[str, Field(max_length=80), AfterValidator(_plain)], Total] = Field(default_factory=dict, max_length=100)
    created_at: Annotated[AwareDatetime, Field(ge=FIRST_DAY, lt=LAST_DAY)]

    @field_validator("delivery_id", "sender_code", "period", "supersedes", "form_version", "media_type", "encoding")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        return None if text is None else _plain(text)

    @field_validator("period")
    @classmethod
    def _is_period(cls, text: str) -> str:
        period_bounds(text)
        return text

    @field_validator("delivery_id")
    @classmethod
    def _no_dots(cls, text: str) -> str:
        if text in (".", ".."):
            raise ValueError("is a path, not an id")
        return text

    @field_validator("sha256")
    @classmethod
    def _lower(cls, text: str) -> str:
        return text.lower()

    @field_validator("declared_totals", mode="before")
    @classmethod
    def _no_totals(cls, totals: Any) -> Any:
        return {} if totals is None else totals


@dataclass(frozen=True)
class AnnouncementDefect:
    """An announcement that cannot be read. detail: the names of the members that are wrong, without their values."""

    sender_code: str
    feed: str
    delivery_id: str | None
    detail: str


def read_announcement(item: Any, sender_code: str, feed: str) -> Delivery | AnnouncementDefect:
    """Read an item of the list of deliveries; a defect when it cannot be read.

    Args:
        item: The item, as JSON was parsed.
        sender_code: The sender that listed it.
        feed: The feed that was requested.
    """
    try:
        return Delivery.model_validate(item)
    except ValidationError as error:
        wrong = sorted({str(e["loc"][0]) if e["loc"] else "members" for e in error.errors()})  # below it, a sender chose the names
    named = delivery_id(item)
    if named is not None and not (len(named) <= 80 and named.isprintable()):
        named = None
    detail = f"sender {sender_code} announced delivery {named or '(without a readable id)'} of {feed} with unreadable "
    return AnnouncementDefect(sender_code, feed, named, (detail + ", ".join(wrong))[:500])


def delivery_id(item: Any) -> str | None:
    """The id of an item of the list, also of one with wrong members; None without one."""
    named = item.get("delivery_id") if isinstance(item, dict) else None
    return named if isinstance(named, str) and named else None
