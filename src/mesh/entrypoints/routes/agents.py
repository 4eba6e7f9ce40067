"""Asking an agent: now, later, or again in another format."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh import registry
from mesh.entrypoints.endpoint import JSON, Call, Endpoint, Handle, reply_json
from mesh.kit.agent import Act, Agent, Envelope, View
from mesh.kit.platform import Job, Reply
from mesh.kit.problem import FieldError, Invalid, validated

TAG = "agents"


class Asking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: str = Field(default="json", description="How the answer is written", examples=["json"])


class Accepted(BaseModel):
    """The question is stored and will be answered; ask `/jobs/{job_id}` for how it goes."""

    job_id: str
    state: Literal["waiting"]
    href: str


def of(agent: Agent) -> list[Endpoint]:
    """The agent's routes: its question, the aliases of it, its acts and its views."""
    formats = {f.media_type: name for name, f in agent.formats.items()}
    routes = [
        Endpoint(
            "POST",
            path,
            agent.summary,
            TAG,
            _post(agent),
            query=Asking,
            takes={JSON: agent.ask},
            reply=Envelope,
            also=formats,
            problems=(400, 401, 409, 413, 415, 422, 429, 503),
            agent=agent,
            alias_of="" if path == agent.route else agent.route,
        )
        for path in (agent.route, *agent.aliases)
    ]
    acts = [
        Endpoint(
            "POST", act.path, act.summary, TAG, _do(act), takes={JSON: act.ask}, reply=act.reply,
            problems=(400, 401, 404, 409, 413, 415, 422, 429), agent=agent,
        )
        for act in agent.acts
    ]  # fmt: skip
    return routes + acts + [
        Endpoint(
            "GET", view.path, view.summary, TAG, _get(view), query=view.query, reply=view.reply,
            problems=(400, 401, 422, 429, 503), agent=agent,
        )
        for view in agent.views
    ]  # fmt: skip


def rendered(agent: Agent, envelope: Envelope, name: str, root: str = "") -> Reply:
    """The envelope in the format of that name. Raises Invalid that lists the formats there are."""
    if name == "json":
        return reply_json(envelope, location=f"{root}/results/{envelope.result_id}")
    known = _format(agent, name)
    headers = {"content-type": known.media_type, "location": f"{root}/results/{envelope.result_id}"}
    return Reply(200, headers, known.render(envelope).encode())


def _format(agent: Agent, name: str) -> Any:
    if name not in agent.formats:
        choices = ", ".join(["json", *agent.formats])
        raise Invalid("There is no such format.", errors=[FieldError("format", f"must be one of: {choices}")])
    return agent.formats[name]


def _post(agent: Agent) -> Handle:
    def post(call: Call) -> Reply:
        wanted = call.asked(Asking).format
        if wanted != "json":
            _format(agent, wanted)
        question = call.json_object()
        checked = registry.checked(agent, question)
        if agent.as_job(checked) or "respond-async" in call.headers.get("prefer", "").lower():
            return _accept(agent, question, call)
        envelope = registry.ask(agent, checked, call.platform, call.tenant.msp_id)
        return rendered(agent, envelope, wanted, call.root)

    return post


def _accept(agent: Agent, question: dict[str, Any], call: Call) -> Reply:
    now = call.platform.clock.now()
    job = Job(
        job_id=call.platform.ids(),
        msp_id=call.tenant.msp_id,
        agent=agent.slug,
        question=question,
        created_at=now,
        not_before=now,
    )
    call.platform.jobs.add(job)
    href = f"{call.root}/jobs/{job.job_id}"
    accepted = Accepted(job_id=job.job_id, state="waiting", href=href)
    return reply_json(accepted, 202, location=href, preference_applied="respond-async")


def _get(view: View) -> Handle:
    def get(call: Call) -> Reply:
        return reply_json(view.read(call.asked(view.query), call.ports))

    return get


def _do(act: Act) -> Handle:
    def post(call: Call) -> Reply:
        return reply_json(act.do(validated(act.ask, call.json_object()), call.ports))

    return post
