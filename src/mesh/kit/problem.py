"""Errors as RFC 9457 sees them: raised anywhere, answered as application/problem+json."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

ModelT = TypeVar("ModelT", bound=BaseModel)

MEDIA_TYPE = "application/problem+json"
# Problem types are relative references (RFC 9457, 3.1.1) into our own documentation page.
TYPE_ROOT = "/docs/problems#"
# A list of a hundred thousand wrong values is wrong in one way: the first of them say which.
ERRORS_SHOWN = 100
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input: `field` is a dotted path, `reason` a sentence."""

    field: str
    reason: str


class Problem(Exception):
    """An answer that is an error. Subclasses fix the status; the raiser says what happened and what to do."""

    status = 500
    slug = "internal"
    title = "The mesh failed to answer"

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = (), retry_after_s: float | None = None):
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s

    def document(self, instance: str = "") -> dict[str, Any]:
        """The problem document (RFC 9457, 3). `instance` is the path or id of this occurrence."""
        document: dict[str, Any] = {
            "type": TYPE_ROOT + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if instance:
            document["instance"] = instance
        if self.errors:
            document["errors"] = [{"field": e.field, "reason": e.reason} for e in self.errors]
        return document


class Malformed(Problem):
    status, slug, title = 400, "malformed", "The request cannot be read"


class Unauthorized(Problem):
    status, slug, title = 401, "unauthorized", "A valid API key is needed"


class Forbidden(Problem):
    """The key is good, and may not do this."""

    status, slug, title = 403, "forbidden", "This key may not do that"


class NotFound(Problem):
    status, slug, title = 404, "not-found", "There is nothing here"


class NotAllowed(Problem):
    status, slug, title = 405, "method-not-allowed", "This path does not take that method"


class Conflict(Problem):
    status, slug, title = 409, "conflict", "The request conflicts with one under way"


class TooLarge(Problem):
    status, slug, title = 413, "too-large", "The request body is too large"


class Unsupported(Problem):
    status, slug, title = (
        415,
        "unsupported-media-type",
        "The request body has a type this route does not take",
    )


class Invalid(Problem):
    status, slug, title = 422, "invalid", "The question is not valid"


class Throttled(Problem):
    status, slug, title = 429, "throttled", "Too many requests"


class Unavailable(Problem):
    """A model, a data set or a service that the answer needs is not here. Never replaced by a guess."""

    status, slug, title = 503, "unavailable", "What this answer needs is missing"


class Unanswered(Unavailable):
    """A provider that is set up was asked and did not answer: what goes on without it says so."""


ALL: tuple[type[Problem], ...] = (
    Malformed, Unauthorized, Forbidden, NotFound, NotAllowed, Conflict, TooLarge, Unsupported, Invalid,
    Throttled, Unavailable, Problem,
)  # fmt: skip


def validated(model: type[ModelT], value: Any) -> ModelT:
    """The value as `model`. Raises Invalid that names each field that is wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise from_validation(error) from error


def _named(part: int | str) -> str:
    """A step of a path; a key that a client made up is cut where it gets long."""
    text = str(part)
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "..."


def _reason(message: str) -> str:
    """What a rule of ours says, without pydantic's mark that it was one."""
    return message.removeprefix("Value error, ")


def from_validation(error: ValidationError, *, root: str = "") -> Invalid:
    """An `Invalid` that names the fields pydantic refused, 100 at most. Input values are not echoed back."""
    errors = []
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for item in islice(found, ERRORS_SHOWN):
        path = ".".join(_named(part) for part in item["loc"])
        errors.append(
            FieldError(field=".".join(filter(None, (root, path))) or "body", reason=_reason(item["msg"]))
        )
    fields = ", ".join(dict.fromkeys(e.field for e in errors[:5]))
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return Invalid(f"Check {fields}{more}.", errors=errors)
