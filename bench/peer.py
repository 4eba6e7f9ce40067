"""The peer: one route of plain FastAPI under uvicorn that asks the agent as the mesh does, no more."""

import socket
import sys
from pathlib import Path

from fastapi import FastAPI

from mesh import registry
from mesh.kit.agent import Envelope
from mesh.kit.platform import Platform, Tenant


def application(platform: Platform, name: str) -> FastAPI:
    agent = registry.find(name)
    made = FastAPI(openapi_url=None)

    def ask(question: object) -> Envelope:
        return registry.ask(agent, question, platform, "bench")  # type: ignore[arg-type]

    # The type of the body is only known now, so it cannot stand in the signature.
    ask.__annotations__["question"] = agent.ask
    made.post(agent.route, response_model=Envelope)(ask)
    return made


def main(home: Path, name: str) -> None:
    import uvicorn

    from mesh.adapters.embedded.platform import open_platform

    platform = open_platform(home)
    platform.tenants.put(Tenant(msp_id="bench", name="Bench"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stderr.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stderr.flush()
        config = uvicorn.Config(application(platform, name), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
