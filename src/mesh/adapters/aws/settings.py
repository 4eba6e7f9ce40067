"""What a deployment calls its things. Names only: accounts and regions come from where the code runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from mesh.kit.problem import FieldError, Unavailable

PREFIX = "MESH_"


class Settings(BaseModel):
    """Read from the environment: `data_bucket` is MESH_DATA_BUCKET, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_bucket: str = Field(min_length=3, description="Tenants' blobs and the bodies too large for a table")
    models_bucket: str = Field(min_length=3, description="Models and knowledge, with versions")
    jobs_queue_url: str = Field(min_length=1, description="msp-async-processing")
    dead_letters_url: str = Field(min_length=1, description="msp-async-dlq")
    table_prefix: str = Field(
        default="", description="Before each table's name, where two copies share an account"
    )
    events_stream: str = "msp-intelligence-events"
    event_bus: str = "default"
    secret: str = "msp-intelligence-credentials"  # noqa: S105 - the name of a secret, not one
    tenant_role: str = Field(
        default="", description="Role assumed with a policy fenced to one tenant; '' for none"
    )
    agent_function: str = Field(
        default="", description="Function that answers an agent's jobs, with {agent}; '' where this one does"
    )
    state_machine: str = Field(
        default="", description="ARN of the machine that runs a playbook, with {playbook}; '' where this does"
    )
    size: str = Field(default="", description="Of the deployment: lean, standard or full; '' where not known")
    feeds_function: str = Field(
        default="", description="Function that fetches public facts; '' where this one does"
    )
    trainings_function: str = Field(
        default="", description="Function that starts trainings over several MSPs; '' where none is set up"
    )
    usage_plan: str = Field(
        default="msp-intelligence-api-tenants", description="Name of the plan that keeps tenants' rates"
    )
    sockets_url: str = Field(
        default="", description="Where messages to WebSockets are posted, with its stage"
    )
    cognito_pool_id: str = Field(
        default="", pattern=r"^$|^[a-z0-9-]+_[A-Za-z0-9]+$",
        description="User pool whose tokens are taken beside API keys, such as us-east-1_Ab1; '' for none",
    )  # fmt: skip
    cognito_client_id: str = Field(
        default="", validate_default=True, description="The pool's app client that tokens must be for"
    )
    scratch: Path = Field(default=Path("/tmp/mesh"), description="Where models and knowledge are cached")  # noqa: S108
    knowledge_fresh_s: float = Field(
        default=300.0, ge=0, description="How long before a newer edition is looked for"
    )
    events_kept_days: int = Field(default=30, ge=1, description="How far back a socket can resume")
    states_kept_days: int = Field(default=7, ge=1)

    @field_validator("cognito_client_id")
    @classmethod
    def _for_one_client(cls, value: str, others: ValidationInfo) -> str:
        """Without it, tokens that were made for any client of the pool would be taken."""
        if others.data.get("cognito_pool_id") and not value:
            raise ValueError(f"is needed with {PREFIX}COGNITO_POOL_ID")
        return value

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises Unavailable that names each variable that is missing or wrong.

        >>> Settings.from_environment({})
        Traceback (most recent call last):
        ...
        mesh.kit.problem.Unavailable: Set MESH_DATA_BUCKET, MESH_MODELS_BUCKET, MESH_JOBS_QUEUE_URL, ...
        """
        known = {name: PREFIX + name.upper() for name in cls.model_fields}
        given = {name: environment[variable] for name, variable in known.items() if variable in environment}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            errors = [FieldError(known[str(item["loc"][0])], item["msg"]) for item in error.errors()]
            wrong = ", ".join(item.field for item in errors)
            raise Unavailable(f"Set {wrong} in the function's environment.", errors=errors) from error

    def table(self, name: str) -> str:
        """A table's full name."""
        return self.table_prefix + name
