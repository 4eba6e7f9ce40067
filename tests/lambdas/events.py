"""Events as AWS sends them: the fields of its documentation's examples, with our values."""

import base64
import json
from typing import Any

from types_boto3_dynamodbstreams.type_defs import RecordTypeDef

ARN = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/POST/anomaly/detect"


class Context:
    """What Lambda passes beside an event."""

    aws_request_id = "request-1"
    function_name = "mesh"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:mesh"


def request(method: str, path: str, body: str | None = None, **headers: str) -> dict[str, Any]:
    """A REST API's proxy event."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"Host": "abcdef123.execute-api.us-east-1.amazonaws.com", "X-Forwarded-Port": "443", **named}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": named,
        "multiValueHeaders": {name: [value] for name, value in named.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.strip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "r", "resourcePath": "/{proxy+}", "httpMethod": method, "path": f"/prod{path}",
            "accountId": "123456789012", "protocol": "HTTP/1.1",
            "stage": "prod", "requestId": "id", "apiId": "api",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "test", "apiKey": None},
        },
        "body": body,
        "isBase64Encoded": False,
    }  # fmt: skip


def to_authorize(**headers: str) -> dict[str, Any]:
    return {
        "type": "REQUEST", "methodArn": ARN, "resource": "/anomaly/detect", "path": "/anomaly/detect",
        "httpMethod": "POST", "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "queryStringParameters": {}, "pathParameters": {}, "stageVariables": {}, "requestContext": {},
    }  # fmt: skip


def messages(*bodies: str) -> dict[str, Any]:
    """A batch of SQS."""
    return {
        "Records": [
            {
                "messageId": f"m{number}", "receiptHandle": "h", "body": body, "messageAttributes": {},
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772452800000"},
                "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:q",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }  # fmt: skip


def kinesis(*datas: bytes) -> dict[str, Any]:
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0", "partitionKey": "msp-a", "sequenceNumber": f"s{number}",
                    "data": base64.b64encode(data).decode(), "approximateArrivalTimestamp": 1772452800.0,
                },
                "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventName": "aws:kinesis:record",
                "eventID": f"shardId-000000000000:s{number}", "awsRegion": "us-east-1",
            }
            for number, data in enumerate(datas)
        ]
    }  # fmt: skip


def streamed(records: list[RecordTypeDef]) -> dict[str, Any]:
    """A batch of a DynamoDB stream as Lambda passes it on: in JSON, bytes as base64."""

    def plain(value: Any) -> Any:
        return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)

    batch: dict[str, Any] = json.loads(json.dumps({"Records": records}, default=plain))
    return batch


def socket(route: str, connection_id: str = "c1", body: str | None = None, **more: Any) -> dict[str, Any]:
    """An event of a WebSocket API."""
    kinds = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}
    event: dict[str, Any] = {
        "requestContext": {
            "routeKey": route, "eventType": kinds.get(route, "MESSAGE"), "connectionId": connection_id,
            "domainName": "abcdef123.execute-api.us-east-1.amazonaws.com",
            "stage": "prod", "apiId": "abcdef123",
            "requestId": "id", "connectedAt": 1772452800000, "messageDirection": "IN",
            **({"authorizer": more["authorizer"]} if "authorizer" in more else {}),
        },
        "isBase64Encoded": False,
    }  # fmt: skip
    if body is not None:
        event["body"] = body
    if "headers" in more:
        event["headers"] = more["headers"]
    return event
