"""Bringing the mesh into an AWS account and out of it: CloudFormation over what `infra/` synthesised."""
