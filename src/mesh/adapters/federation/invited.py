"""A site that asks its mesh for trainings to take part in, and takes part in each until it ends."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from flwr.clientapp import ClientApp

from mesh.adapters.federation.supernode import Link, NotLetIn, Say, attend, public_key
from mesh.kit.problem import FieldError, Invalid, Unavailable
from mesh.sharing.federation_sites import Invitation

ROUTE = "mesh/site"
# How often a site asks for trainings, and in one whether it still goes on, in seconds.
EVERY_S, STILL_S = 15.0, 5.0
# A SuperLink that is gone for so long has ended.
GONE_S = 30.0


class Mesh:
    """A mesh on another machine, as an MSP's key sees it. `http` knows its address and sends the key."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def registered(self) -> str | None:
        """The public key of the MSP's site, or None. Raises Unavailable where the mesh does not answer,
        Invalid where it refuses."""
        site = self._told("GET")["site"]
        return site and str(site["public_key"])

    def register(self, key: str) -> None:
        self._told("POST", {"public_key": key})

    def invitations(self) -> Sequence[Invitation]:
        return [Invitation.model_validate(each) for each in self._told("GET")["invitations"]]

    def _told(self, method: str, body: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            reply = self._http.request(method, ROUTE, json=body)
        except httpx.HTTPError as fault:
            raise Unavailable(f"{self._http.base_url} does not answer: {fault}.") from fault
        if reply.status_code in (429, 502, 503, 504):
            raise Unavailable(f"{self._http.base_url} answers {reply.status_code}; it is asked again.")
        try:
            told = reply.json()
        except ValueError:
            told = {}
        if reply.is_error or not {"site", "invitations"} <= set(told):
            why = str(told.get("detail") or f"answers {reply.status_code}, not as a mesh does")
            raise Invalid(f"{self._http.base_url}: {why}", errors=[FieldError("--mesh", why)])
        return dict(told)


def enrol(mesh: Mesh, key: Path, *, register: bool, say: Say) -> None:
    """Make sure that the mesh knows the site by this key. Raises Invalid where it does not and may not."""
    mine = public_key(key)
    known = mesh.registered()
    if known == mine:
        return
    if not register:
        why = "knows another site of yours" if known else "knows no site of yours"
        reason = f"the mesh {why}; --register makes it know this one"
        raise Invalid(f"{reason[0].upper()}{reason[1:]}.", errors=[FieldError("--key", reason)])
    mesh.register(mine)
    say("The mesh knows this site by its key now" + (", in place of the one before" if known else ""))


def follow(
    mesh: Mesh, app: ClientApp, key: Path, say: Say,
    sleep: Callable[[float], None] = time.sleep, stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Take part in one training after the other, until `stopped`."""
    quiet = True
    while not stopped():
        try:
            invited, quiet = mesh.invitations(), True
        except Unavailable as why:
            if quiet:
                say(f"{why.detail} It is asked again every {EVERY_S:.0f} s.")
            invited, quiet = [], False
        for each in invited:
            _take_part(mesh, each, app, key, say)
        if not invited:
            sleep(EVERY_S)


def _take_part(mesh: Mesh, invited: Invitation, app: ClientApp, key: Path, say: Say) -> None:
    say(f"{invited.model_type}: training {invited.training_id} at {invited.superlink}")
    asked = {"at": time.monotonic(), "over": False}

    def over() -> bool:
        if time.monotonic() - float(asked["at"]) > STILL_S:
            try:
                going = {each.training_id for each in mesh.invitations()}
                asked["over"] = invited.training_id not in going
            except Unavailable:
                pass  # the SuperLink may well be there without it
            asked["at"] = time.monotonic()
        return bool(asked["over"])

    try:
        attend(app, Link(invited.superlink, invited.certificates, key, GONE_S), say, over)
    except NotLetIn:
        say(f"{invited.superlink} did not let this site in, or could not be reached")
        time.sleep(STILL_S)
    say(f"{invited.model_type}: training {invited.training_id} is over for this site")
