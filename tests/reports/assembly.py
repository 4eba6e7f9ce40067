"""A small deployment, as its templates would tell of it."""

from typing import Any

from reports.template import Assembly, Resource

STACK = "s"


def resource(logical_id: str, kind: str, **properties: Any) -> Resource:
    return Resource(STACK, logical_id, f"AWS::{kind}", properties)


def function(slug: str, handler: str = "http.handler", **more: Any) -> Resource:
    name = slug.replace("-", "")
    properties = {
        "FunctionName": f"msp-intelligence-{slug}",
        "Handler": f"mesh.entrypoints.lambdas.{handler}",
        "MemorySize": 512,
        "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
        **more,
    }
    return resource(name, "Lambda::Function", **properties)


def role(slug: str) -> Resource:
    name = slug.replace("-", "")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    return resource(f"{name}Role", "IAM::Role", AssumeRolePolicyDocument=trust)


def policy(slug: str, *statements: dict[str, Any]) -> Resource:
    name = slug.replace("-", "")
    document = {"Statement": list(statements)}
    return resource(f"{name}Policy", "IAM::Policy", PolicyDocument=document, Roles=[{"Ref": f"{name}Role"}])


def allowed(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def arn(service: str, name: str) -> dict[str, Any]:
    """As CDK writes it."""
    parts = [
        "arn:",
        {"Ref": "AWS::Partition"},
        f":{service}:",
        {"Ref": "AWS::Region"},
        ":",
        {"Ref": "AWS::AccountId"},
    ]
    return {"Fn::Join": ["", [*parts, f":{name}"]]}


def small(*more: Resource) -> Assembly:
    """One agent, what stands before and behind it, and further resources."""
    target = {
        "Fn::Join": [
            "",
            [
                "arn:aws:apigateway:",
                {"Ref": "AWS::Region"},
                ":lambda:path/2015-03-31/functions/",
                {"Fn::GetAtt": ["anomalydetection", "Arn"]},
                "/invocations",
            ],
        ]
    }
    made = Assembly()
    made.resources += [
        function("anomaly-detection"),
        role("anomaly-detection"),
        policy("anomaly-detection", allowed("dynamodb:GetItem", arn("dynamodb", "table/ApiKeys"))),
        function("relay", "relay.handler"),
        role("relay"),
        policy("relay", allowed(["kinesis:PutRecords"], {"Fn::GetAtt": ["Stream", "Arn"]})),
        resource("Stream", "Kinesis::Stream", Name="msp-intelligence-events", ShardCount=1),
        resource(
            "Events",
            "DynamoDB::Table",
            TableName="Events",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        ),
        resource("Api", "ApiGateway::RestApi", Name="api"),
        resource(
            "Stage", "ApiGateway::Stage", StageName="live", MethodSettings=[{"ThrottlingRateLimit": 1000}]
        ),
        resource(
            "Asked",
            "ApiGateway::Resource",
            PathPart="ask",
            ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]},
        ),
        resource(
            "Post",
            "ApiGateway::Method",
            HttpMethod="POST",
            AuthorizationType="CUSTOM",
            ResourceId={"Ref": "Asked"},
            Integration={"Uri": target},
        ),
        resource(
            "Follow",
            "Lambda::EventSourceMapping",
            EventSourceArn={"Fn::GetAtt": ["Events", "StreamArn"]},
            FunctionName={"Ref": "relay"},
        ),
        *more,
    ]
    return made
