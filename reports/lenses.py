"""What AWS's Well-Architected lenses ask of such a system, answered from its templates.

https://docs.aws.amazon.com/wellarchitected/latest/serverless-applications-lens/ and
https://docs.aws.amazon.com/wellarchitected/latest/saas-lens/; the questions are in our words.
"""

import json

from reports.access import wildcards
from reports.template import Assembly

SERVERLESS, SAAS = "Serverless", "SaaS"


def lenses(assembly: Assembly) -> list[tuple[str, str, str]]:
    """Lens, question and answer."""
    return [
        *((SERVERLESS, question, answer) for question, answer in _serverless(assembly).items()),
        *((SAAS, question, answer) for question, answer in _saas(assembly).items()),
    ]


def _serverless(assembly: Assembly) -> dict[str, str]:
    functions, tables = assembly.of("AWS::Lambda::Function"), assembly.of("AWS::DynamoDB::Table")
    roles = {json.dumps(f.properties.get("Role"), sort_keys=True) + f.stack for f in functions}
    traced = sum(f.properties.get("TracingConfig", {}).get("Mode") == "Active" for f in functions)
    settings = [
        s for stage in assembly.of("AWS::ApiGateway::Stage") for s in stage.properties["MethodSettings"]
    ]
    rate = max((s.get("ThrottlingRateLimit", 0) for s in settings), default=0)
    dead = sum("RedrivePolicy" in queue.properties for queue in assembly.of("AWS::SQS::Queue"))
    sources = assembly.of("AWS::Lambda::EventSourceMapping")
    ended = sum("DestinationConfig" in source.properties for source in sources)
    recovered = sum(
        bool(t.properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"))
        for t in tables
    )
    return {
        "Who may call the API?": "An authorizer on the REST and the WebSocket API: keys, kept as hashes"
        + (", and tokens of a user pool" if _pool(assembly) else "; tokens of a user pool in larger sizes"),
        "Where are the boundaries of each part?": f"{len(roles)} roles for {len(functions)} functions; no"
        f" action has a star, {len(wildcards(assembly))} grants are on any resource (see Stars)",
        "How is the application itself protected?": f"{len(assembly.of('AWS::ApiGateway::RequestValidator'))}"
        " request validators at the gateway; the code checks every field again",
        "How is the rate of requests limited?": f"{rate:,} a second for the stage, {_tenant_rate(assembly)}",
        "What happens to work that fails?": f"Queues with dead letters: {dead}; event sources with a place"
        f" for what failed: {ended} of {len(sources)}; the others name the single record that failed",
        "How is its health known?": f"Alarms: {len(assembly.of('AWS::CloudWatch::Alarm'))}; functions traced:"
        f" {traced} of {len(functions)}; dashboards: {len(assembly.of('AWS::CloudWatch::Dashboard'))}",
        "Can data be brought back?": f"Tables with point-in-time recovery: {recovered} of {len(tables)};"
        " buckets of data and models keep versions. *Open*: no copy in a second region",
        "Is what is deployed known?": "Libraries are locked by hash, packages named by their content. *Open*:"
        " Lambda's code signing is not used",
    }


def _saas(assembly: Assembly) -> dict[str, str]:
    told = "; a user pool's tenant attribute is written by administrators alone" if _pool(assembly) else ""
    return {
        "How are tenants kept apart?": "One pool of tables. A request for a tenant reads and writes under a"
        " session whose policy names the tenant's leading keys (`dynamodb:LeadingKeys`) and its folders;"
        " jobs, replayed replies and events are written by the functions' own roles",
        "How is a tenant known?": f"The authorizer names it; nothing that a client writes does{told}",
        "Can a noisy tenant slow the others?": f"{_tenant_rate(assembly).capitalize()}. *Open*: no limit of"
        " what one tenant runs at once, nor of what its questions cost",
        "Can a tenant be watched, and its cost known?": "Each log line and trace names the tenant, no metric"
        " does. *Open*: what a tenant costs is not computed",
        "How does a tenant come and go?": "One command makes a tenant and its key; `GET /export` and"
        " `DELETE /tenant` take everything out and away",
    }


def _tenant_rate(assembly: Assembly) -> str:
    for plan in assembly.of("AWS::ApiGateway::UsagePlan"):
        limit = plan.properties.get("Throttle", {})
        return (
            f"each tenant {limit.get('RateLimit', 0):,} a second in bursts of {limit.get('BurstLimit', 0):,}"
        )
    return "no rate for single tenants"


def _pool(assembly: Assembly) -> bool:
    return bool(assembly.of("AWS::Cognito::UserPool"))
