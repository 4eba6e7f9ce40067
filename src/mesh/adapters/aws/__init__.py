"""DynamoDB, S3, SQS, Kinesis, EventBridge and Secrets Manager behind the mesh's ports."""
