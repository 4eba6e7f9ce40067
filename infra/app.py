"""All stacks together, and their synthesis into CloudFormation templates."""

from pathlib import Path
from typing import Any

from aws_cdk import App, CliCredentialsStackSynthesizer, Stack, Tags
from aws_cdk.cx_api import CloudAssembly

from infra.agents import Agents, job_timeout_s
from infra.api import Api
from infra.data import Data
from infra.federation import Federation
from infra.foundation import Foundation
from infra.functions import Surroundings
from infra.guardrails import Guardrails
from infra.observability import Observability
from infra.packaging import Packages, StandIns
from infra.plan import EVENTS_STREAM, PREFIX, SECRET, Plan, Size, planned
from infra.realtime import Realtime
from infra.web import Web
from infra.workflows import Workflows
from mesh.adapters.aws.deployment.uploads import BUCKET as ASSETS_BUCKET

# By this tag the deployment's resources are found, and its costs.
PROJECT = "msp-intelligence-mesh"
# Zips are uploaded here; the deploy command makes it, so that no bootstrap stack is needed beforehand.
CONTEXT = {
    # Without it every synthesis would look for new versions of itself and of the command line.
    "@aws-cdk/core:disableVersionReporting": True,
    "aws:cdk:enable-path-metadata": False,
}


def synth(size: Size, out: Path, *, packages: Packages | None = None, **options: Any) -> CloudAssembly:
    """Write the templates of all stacks to `out`.

    `packages` is the functions' code (`infra.build.build`), stand-ins when not given; `options` are those of
    `infra.plan.planned`. Raises WrongPlan.
    """
    app = new_app(out)
    assemble(app, planned(size, **options), packages or StandIns())
    return app.synth()


def assemble(app: App, plan: Plan, packages: Packages) -> dict[str, Stack]:
    """The stacks by their short names, in the order they are deployed in."""
    named = {agent.slug for agent in plan.agents}
    foundation = Foundation(app, stack_name("foundation"), plan)
    data = Data(app, stack_name("data"), plan, foundation, job_timeout_s=job_timeout_s(plan))
    environment = {**_environment(data), **foundation.tokens}
    secret = foundation.secret.secret_arn
    around = Surroundings(plan, packages, environment, foundation.key, foundation.vpc, secret)
    agents = Agents(app, stack_name("agents"), around, data)
    workflows = Workflows(app, stack_name("workflows"), around, foundation, data)
    workflows.add_stack_dependency(agents)
    api = Api(app, stack_name("api"), plan, foundation)
    api.add_stack_dependency(agents)
    federation = Federation(app, stack_name("federation"), around, foundation, data) if plan.trains else None
    realtime = Realtime(app, stack_name("realtime"), around, foundation, data)
    # Sockets log under the role that the REST API gives to API Gateway, once for the account.
    realtime.add_stack_dependency(api)
    guardrails = Guardrails(app, stack_name("guardrails"), plan, foundation)
    web = Web(app, stack_name("web"), plan, api, realtime, guardrails.edge_acl)
    web.add_stack_dependency(foundation)
    working = (*agents.functions, *workflows.functions, *realtime.functions,
               *(federation.functions if federation else ()))  # fmt: skip
    behind = [slug for slug in working if slug not in named]
    observability = Observability(app, stack_name("observability"), plan, foundation, behind)
    stacks: dict[str, Stack] = {
        "foundation": foundation, "data": data, "agents": agents, "workflows": workflows, "api": api,
        **({"federation": federation} if federation else {}),
        "realtime": realtime, "guardrails": guardrails, "web": web, "observability": observability,
    }  # fmt: skip
    Tags.of(app).add("project", PROJECT)
    return stacks


def stack_name(name: str) -> str:
    return f"{PREFIX}-{name}"


def _environment(data: Data) -> dict[str, str]:
    """What `mesh.adapters.aws.settings.Settings` reads in every function."""
    return {
        "MESH_DATA_BUCKET": data.data.bucket_name,
        "MESH_MODELS_BUCKET": data.models.bucket_name,
        "MESH_JOBS_QUEUE_URL": data.jobs.queue_url,
        "MESH_DEAD_LETTERS_URL": data.dead_letters.queue_url,
        "MESH_EVENTS_STREAM": EVENTS_STREAM,
        "MESH_SECRET": SECRET,
    }


def new_app(out: Path) -> App:
    """An empty application that writes to `out`."""
    synthesizer = CliCredentialsStackSynthesizer(file_assets_bucket_name=ASSETS_BUCKET, bucket_prefix="")
    return App(
        outdir=str(out), analytics_reporting=False, context=CONTEXT, default_stack_synthesizer=synthesizer
    )
