"""Counts what one request makes of AWS, over MiniStack: `python -m reports.measure` writes measured.json.

DynamoDB's units follow from the items that are written
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html): one for each
begun kilobyte, again for each index that lists the item, twice in a transaction. Reads count once when
consistent and half when not; none of these items has 4 KB. Durations come from
`./mesh bench coldstart --json`.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from mesh import registry
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.tables import EVENTS, TABLES, Table

FILE = Path(__file__).with_name("measured.json")
COUNTED = ("dynamodb", "s3", "sqs", "kinesis", "events", "sts")


class Units:
    """What the calls of some clients come to, by `service.unit`."""

    def __init__(self, prefix: str = "") -> None:
        self.counted: Counter[str] = Counter()
        self._tables = {prefix + table.name: table for table in TABLES}

    def watch(self, clients: Clients) -> None:
        for service in COUNTED:
            client = getattr(clients, service)
            client.meta.events.register(f"provide-client-params.{service}", self._called)

    def _called(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        service = str(model.service_model.service_name)
        self.counted[f"{service}.{model.name}"] += 1
        if service == "dynamodb":
            self.counted["dynamodb.write_units"] += math.ceil(self._writes(model.name, params))
            self.counted["dynamodb.read_half_units"] += self._half_reads(model.name, params)

    def _writes(self, operation: str, params: Mapping[str, Any]) -> float:
        if operation == "TransactWriteItems":
            parts = [(f"{kind}Item", one) for item in params["TransactItems"] for kind, one in item.items()]
            return 2 * sum(self._writes(kind, one) for kind, one in parts)
        if operation == "BatchWriteItem":
            many = [(table, one) for table, ones in params["RequestItems"].items() for one in ones]
            return sum(self._put(t, one["PutRequest"]["Item"]) for t, one in many if "PutRequest" in one)
        if operation == "PutItem":
            return self._put(params["TableName"], params["Item"])
        if operation == "UpdateItem":
            return 1 + self._indexed(params["TableName"], params.get("ExpressionAttributeNames", {}).values())
        return float(operation in ("DeleteItem", "ConditionCheckItem"))

    def _put(self, table: str, item: Mapping[str, Any]) -> float:
        size = len(json.dumps(item, default=str))
        return math.ceil(size / 1024) * (1 + self._indexed(table, item))

    def _indexed(self, table: str, attributes: Iterable[str]) -> int:
        known: Table = self._tables[table]
        there = set(attributes)
        return sum(
            {k.name for k in (i.partition, i.sort) if k} <= there | {known.partition.name}
            for i in known.indexes
        )

    def _half_reads(self, operation: str, params: Mapping[str, Any]) -> int:
        if operation not in ("GetItem", "Query", "Scan"):
            return 0
        return 2 if params.get("ConsistentRead") else 1


def measured() -> dict[str, Any]:
    """Counts by what happens: the authorizer, a request, and what follows from its event."""
    from mesh.adapters.aws.deployment import ministack
    from mesh.adapters.aws.intelligence import Intelligence
    from mesh.adapters.aws.platform import open_platform
    from mesh.adapters.aws.relay import Relay
    from mesh.adapters.aws.settings import Settings
    from mesh.entrypoints.lambdas import authorizer, http, relay, stream
    from mesh.entrypoints.lambdas.process import Process
    from mesh.kit.platform import Tenant
    from tests.aws.deployed import deploy
    from tests.lambdas.events import Context, request, to_authorize

    running = ministack.start()
    clients = Clients(endpoint_url=running.url, region_name=ministack.REGION, **ministack.CREDENTIALS)
    queues = f"{running.url}/{ministack.ACCOUNT}"
    settings = Settings(
        data_bucket="report-data", models_bucket="report-models", events_stream="report-events",
        jobs_queue_url=f"{queues}/jobs", dead_letters_url=f"{queues}/dead", scratch=running.home / "scratch",
    )  # fmt: skip
    deploy(settings, clients)
    clients.kinesis.create_stream(StreamName=settings.events_stream, ShardCount=1)
    at = Process(open_platform(settings, clients=clients), clients, settings)
    at.platform.tenants.put(Tenant(msp_id="msp-a", name="A"))
    key = at.keys.create("msp-a")
    agent = registry.find("anomaly-detection")
    body = json.dumps(agent.examples[0].question)
    asked = request("POST", agent.route, body, content_type="application/json", x_api_key=key)
    context: Any = Context()
    serve, kept = http.served(at.platform, agent.name), Intelligence(at.dynamo)
    answer: dict[str, Any] = {}

    def ask() -> None:
        answer.update(serve(asked, context))
        at.platform.states.flush()  # type: ignore[attr-defined]

    def event() -> Any:
        return at.platform.outbox.after("msp-a", None)[-1]

    # Once without counting: what is fetched once for each function is no part of a request.
    ask()
    committed = event()
    item = _newest(clients, settings)
    acts: dict[str, Callable[[], object]] = {
        "authorizer": lambda: authorizer.allowed(to_authorize(x_api_key=key), at),
        "request": ask,
        "relay": lambda: relay.pass_on({"Records": [item]}, at, Relay(clients, settings)),
        "event-processor": lambda: kept.count(committed.model_copy(update={"id": "999"})),
        "broadcaster": lambda: stream.Broadcaster(at).broadcast({"Records": [item]}),
    }
    units, parts = Units(settings.table_prefix), {}
    units.watch(clients)
    for name, act in acts.items():
        units.counted.clear()
        act()
        parts[name] = dict(sorted(units.counted.items()))
    sizes = {"reply": len(answer["body"]), "event": len(committed.model_dump_json())}
    at.platform.close()
    running.stop()
    return {"parts": parts, "bytes": sizes}


def _newest(clients: Clients, settings: Any) -> Any:
    """The newest event as the table's stream brings it."""
    from tests.lambdas.events import streamed

    arn = clients.dynamodb.describe_table(TableName=settings.table(EVENTS.name))["Table"]["LatestStreamArn"]
    shard = clients.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    place = clients.streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    batch = streamed(clients.streams.get_records(ShardIterator=place["ShardIterator"])["Records"])["Records"]
    return [record for record in batch if "type" in record["dynamodb"].get("NewImage", {})][-1]


def main() -> int:
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    if len(sys.argv) > 1:
        bench = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        kept["functions"] = durations(bench)
    else:
        kept |= measured()
    FILE.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def durations(bench: Mapping[str, Any]) -> dict[str, Any]:
    """Of each agent's function: processor milliseconds of a start and of a warm request, on this machine."""
    known = {agent.slug for agent in registry.agents()}
    return {
        slug: {
            "init_cpu_ms": row["mesh"]["least"]["init_cpu"],
            "first_cpu_ms": row["mesh"]["least"]["first_cpu"],
            "warm_cpu_ms": row["warm"]["cpu_ms"]["mesh"],
        }
        for slug, row in bench["agents"].items()
        if slug in known
    }


if __name__ == "__main__":
    sys.exit(main())
