"""What an agent saw is told once its answer is kept; and the answer stands whether it can be told or not."""

from collections.abc import Sequence
from dataclasses import replace

from mesh import registry
from mesh.kit.absent import NotJoined
from mesh.kit.agent import Agent
from mesh.kit.platform import Platform
from mesh.kit.ports import Ports, Sighted
from mesh.kit.problem import Unavailable
from mesh.kit.trace import Work
from tests.sharing.conftest import BAD, Mesh


class Noting:
    def __init__(self) -> None:
        self.works: list[Work] = []

    def worked(self, work: Work) -> None:
        self.works.append(work)


class Refusing(NotJoined):
    def tell(self, things: Sequence[Sighted], result_id: str, *, simulated: bool = False) -> int:
        raise Unavailable("No key to sign with.")


def telling(agent: Agent) -> Agent:
    return replace(agent, seen=lambda question, answer: [Sighted(*BAD, "TLP:GREEN")])


def asked(platform: Platform, agent: Agent, msp_id: str) -> str:
    question = registry.checked(agent, agent.examples[0].question)
    return registry.ask(agent, question, platform, msp_id).result_id


def test_what_an_agent_declares_it_saw_is_told_under_its_results_id(here: Mesh) -> None:
    noting = Noting()
    for name in ("alder", "birch", "cedar"):
        here.msp(name)
        asked(replace(here.platform, observer=noting), telling(registry.agents()[0]), name)
    told = here.told("elm")
    assert told and told.msps == 3
    assert [(work.kind, work.outcome, work.counts["told"]) for work in noting.works] == [
        ("release", "done", 1.0)
    ] * 3


def test_an_answer_that_cannot_be_told_is_kept_all_the_same(here: Mesh) -> None:
    here.msp("alder")
    noting = Noting()

    def ports(msp_id: str) -> Ports:
        return replace(here.platform.ports(msp_id), sightings=Refusing())

    platform = replace(here.platform, observer=noting, ports=ports)
    result_id = asked(platform, telling(registry.agents()[0]), "alder")
    assert here.platform.ports("alder").results.find(result_id)
    assert [work.outcome for work in noting.works] == ["failed"]


def test_an_agent_that_sees_nothing_tells_nothing(here: Mesh) -> None:
    here.msp("alder")
    asked(here.platform, replace(registry.agents()[0], seen=None), "alder")
    assert not list(here.platform.commons.scan("sightings"))
