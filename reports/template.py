"""The synthesised templates as resources with readable values, references followed from stack to stack."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PSEUDO = {
    "AWS::Partition": "aws", "AWS::Region": "REGION", "AWS::AccountId": "ACCOUNT",
    "AWS::URLSuffix": "amazonaws.com", "AWS::NoValue": "", "AWS::StackName": "STACK",
}  # fmt: skip
# The property that names a resource, by type; its logical id where it has none.
NAMES = (
    "FunctionName", "TableName", "BucketName", "QueueName", "RoleName", "TopicName", "Name", "StageName",
    "AlarmName", "DashboardName", "LogGroupName", "AliasName", "UsagePlanName", "UserPoolName",
)  # fmt: skip
_SUBSTITUTED = re.compile(r"\$\{([^}!]+)\}")


@dataclass(frozen=True)
class Resource:
    """One resource. `properties` are as in the template, intrinsic functions included."""

    stack: str
    id: str
    type: str
    properties: Mapping[str, Any]

    @property
    def service(self) -> str:
        """`Lambda`, `DynamoDB` ..."""
        return self.type.split("::")[1]


@dataclass
class Assembly:
    """All stacks of one deployment."""

    resources: list[Resource] = field(default_factory=list)
    exports: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def of(self, *types: str) -> list[Resource]:
        """Resources of these types, in the order of the templates."""
        return [r for r in self.resources if r.type in types]

    def name(self, resource: Resource) -> str:
        """Its own name, or its logical id."""
        given = (resource.properties.get(key) for key in NAMES)
        return next((self.text(value, resource.stack) for value in given if value), resource.id)

    def find(self, stack: str, logical_id: str) -> Resource | None:
        return next((r for r in self.resources if (r.stack, r.id) == (stack, logical_id)), None)

    def text(self, value: Any, stack: str) -> str:
        """A value as text: references become names, attributes `NAME.Attribute` (an Arn just the name)."""
        if isinstance(value, list):
            return ", ".join(self.text(item, stack) for item in value)
        if not isinstance(value, Mapping):
            return str(value)
        if len(value) == 1:
            function, argument = next(iter(value.items()))
            if told := self._function(function, argument, stack):
                return told
        return json.dumps(value, sort_keys=True)

    def _function(self, function: str, argument: Any, stack: str) -> str:
        match function:
            case "Ref":
                return self._referred(str(argument), stack)
            case "Fn::GetAtt":
                name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
                named = self._referred(name, stack)
                return named if attribute in ("Arn", "StreamArn") else f"{named}.{attribute}"
            case "Fn::Join":
                return self.text(argument[0], stack).join(self.text(part, stack) for part in argument[1])
            case "Fn::Sub":
                text = argument if isinstance(argument, str) else argument[0]
                return _SUBSTITUTED.sub(lambda found: self._referred(found[1], stack), text)
            case "Fn::ImportValue":
                stack_of, inner = self.exports.get(self.text(argument, stack), (stack, str(argument)))
                return self.text(inner, stack_of)
            case "Fn::Select":
                return f"part {argument[0]} of {self.text(argument[1], stack)}"
            case "Fn::Split":
                return self.text(argument[1], stack)
        return ""

    def _referred(self, name: str, stack: str) -> str:
        if name in PSEUDO:
            return PSEUDO[name]
        found = self.find(stack, name)
        return self.name(found) if found else name


def read(folder: Path) -> Assembly:
    """The templates of an assembly, by stack name."""
    made = Assembly()
    for path in sorted(folder.glob("*.template.json")):
        stack = path.name.removesuffix(".template.json")
        template = json.loads(path.read_text(encoding="utf-8"))
        for logical_id, raw in template.get("Resources", {}).items():
            made.resources.append(Resource(stack, logical_id, raw["Type"], raw.get("Properties", {})))
        for output in template.get("Outputs", {}).values():
            if "Export" in output:
                made.exports[str(output["Export"]["Name"])] = (stack, output["Value"])
    return made


def synthesised(size: str) -> Assembly:
    """A deployment of that size, without building its packages. Raises ImportError without aws-cdk-lib."""
    from infra.app import synth

    with TemporaryDirectory(prefix="mesh-templates-") as folder:
        synth(size, Path(folder))  # type: ignore[arg-type]
        return read(Path(folder))


def statements(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Statements of a policy document."""
    found = policy.get("Statement", [])
    yield from found if isinstance(found, list) else [found]


def listed(value: Any) -> Sequence[Any]:
    """A policy's element that may be one value or several."""
    return value if isinstance(value, list) else [value]
