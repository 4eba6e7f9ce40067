"""Benchmarks and receipts over HTTP and on the terminal, as their users meet them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints.cli import main
from mesh.entrypoints.http import application
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform, Tenant
from mesh.sharing.chain import public_key_of, verify
from mesh.sharing.receipts import receipts_of
from tests.sharing.benchmark_world import MONTH, NOW

AGREE = {"switches": [{"what": "benchmark", "purpose": "benchmarks", "granted": True}]}
WITHDRAW = {"switches": [{"what": "benchmark", "purpose": "benchmarks", "granted": False}]}


@dataclass
class Msps:
    """A running mesh; every MSP that is named is made, with a client each of four seats' invoices."""

    home: Path
    platform: Platform
    known: dict[str, TestClient] = field(default_factory=dict)

    def client(self, name: str) -> TestClient:
        if name not in self.known:
            self.platform.tenants.put(Tenant(msp_id=name, name=name))
            key = self.platform.keys.create(name)
            served = TestClient(application(self.platform, of=()), headers={"x-api-key": key})
            rows = [
                {
                    "at": MONTH,
                    "client_id": f"c{n}",
                    "service": "support",
                    "amount": 1_300 + 20 * n,
                    "seats": 10,
                }
                for n in range(4)
            ]
            assert served.post("/records/revenue", json=rows).status_code == 200
            self.known[name] = served
        return self.known[name]

    def agree(self, *names: str) -> None:
        for name in names:
            assert self.client(name).post("/mesh/consent", json=AGREE).status_code == 200

    def ask(self, name: str, **query: str) -> dict[str, Any]:
        reply = self.client(name).get("/mesh/benchmarks", params={"measure": "price_per_seat", **query})
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told


@pytest.fixture
def msps(tmp_path: Path) -> Iterator[Msps]:
    platform = open_platform(tmp_path / "home", clock=StoppedClock(NOW))
    yield Msps(tmp_path / "home", platform)
    platform.close()


SIX = tuple(f"msp-{n}" for n in range(6))


def test_a_figure_is_withheld_until_five_agree_and_then_shown_with_its_price(msps: Msps) -> None:
    msps.agree(*SIX[:4])
    told = msps.ask("msp-0")
    assert told["p50"] is None and "at least five" in told["withheld"] and told["own"] == 133.0
    msps.agree(*SIX[4:])
    assert msps.ask("msp-0", segment="none")["withheld"]
    told = msps.ask("msp-0")
    assert told["withheld"] is None and told["p25"] <= told["p50"] <= told["p75"]
    assert told["cohort"] >= 5 and told["epsilon"] > 0 and told["error_points"] > 0 and not told["simulated"]
    budget = msps.client("msp-0").get("/mesh/benchmarks/budget").json()
    assert budget["contributes"] and budget["contributed_measures"] == ["price_per_seat", "mrr_per_client"]
    assert budget["shared"]["spent"] == budget["asked"]["spent"] == told["epsilon"]
    assert budget["shared"]["renews_at"] == "2027-01-01T00:00:00Z"


def test_who_withdraws_its_consent_is_out_with_that_request(msps: Msps) -> None:
    msps.agree(*SIX)
    assert msps.ask("msp-0")["p50"]
    assert msps.client("msp-5").post("/mesh/consent", json=WITHDRAW).status_code == 200
    told = msps.ask("msp-0")
    assert told["p50"] is None and told["withheld"]
    assert not msps.client("msp-5").get("/mesh/benchmarks/budget").json()["contributes"]
    assert msps.ask("msp-5")["own"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "measure"), ({"measure": "salaries"}, "measure"), ({"measure": "churn", "segment": ""}, "segment"),
     ({"measure": "churn", "region": "x" * 101}, "region"), ({"measure": "churn", "msp": "b"}, "msp")],
)  # fmt: skip
def test_a_question_that_is_not_valid_names_its_field(msps: Msps, query: dict[str, str], field: str) -> None:
    reply = msps.client("msp-0").get("/mesh/benchmarks", params=query)
    assert reply.status_code == 422 and reply.json()["errors"][0]["field"] == field


def test_receipts_come_newest_first_by_pages_and_by_kind(msps: Msps) -> None:
    receipts = receipts_of(msps.platform)
    msp = msps.client("msp-0")
    for number in range(5):
        receipts.issue("msp-0", "benchmark" if number % 2 else "indicator", "mesh", "matching")
    first = msp.get("/mesh/receipts", params={"limit": 2}).json()
    assert [line["number"] for line in first["items"]] == [5, 4] and first["checkpoint"]["number"] == 5
    following = msp.get("/mesh/receipts", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [line["number"] for line in following["items"]] == [3, 2, 1] and following["next_cursor"] is None
    some = msp.get("/mesh/receipts", params={"what": "benchmark"}).json()
    assert [line["number"] for line in some["items"]] == [4, 2]
    assert msp.get("/mesh/receipts/3").json()["number"] == 3
    assert msps.client("msp-1").get("/mesh/receipts").json()["items"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [("/mesh/receipts?cursor=x", 400), ("/mesh/receipts?cursor=WyItMSJd", 400),
     ("/mesh/receipts?limit=0", 422),
     ("/mesh/receipts?what=x", 422), ("/mesh/receipts/1", 404), ("/mesh/receipts/-1", 404),
     ("/mesh/receipts/%C2%B2", 404), ("/mesh/receipts/99999999999999", 404),
     ("/mesh/receipts/export?cursor=x", 400)],
)  # fmt: skip
def test_bad_questions_about_receipts_get_a_problem(msps: Msps, path: str, status: int) -> None:
    reply = msps.client("msp-0").get(path)
    assert reply.status_code == status and reply.headers["content-type"] == "application/problem+json"


def test_pages_of_the_export_put_together_verify(msps: Msps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.entrypoints.routes.receipts.LINES_A_PAGE", 2)
    receipts, msp = receipts_of(msps.platform), msps.client("msp-0")
    for _ in range(5):
        receipts.issue("msp-0", "indicator", "mesh", "matching")
    body, path, pages = b"", "/mesh/receipts/export", 0
    while path:
        reply = msp.get(path)
        body, pages = body + reply.content, pages + 1
        path = reply.links["next"]["url"] if "next" in reply.links else ""
    key = public_key_of(msp.get("/mesh/receipts").json()["public_key"])
    verdict = verify(body.splitlines(), key)
    assert pages == 3 and (verdict.receipts, verdict.complete, verdict.broken) == (5, True, None)


def test_revoking_the_receipt_of_a_figure_takes_it_back_from_everyone(msps: Msps) -> None:
    msps.agree(*SIX)
    assert msps.ask("msp-0")["p50"]
    reply = msps.client("msp-3").post("/mesh/receipts/1/revoke")
    assert reply.status_code == 200 and reply.json()["revokes"] == 1
    assert msps.ask("msp-0")["withheld"]
    (revocation, line) = msps.client("msp-3").get("/mesh/receipts").json()["items"]
    assert (revocation["what"], line["revoked"], line["revoked_by"]) == ("revocation", True, 2)
    assert msps.client("msp-3").post("/mesh/receipts/2/revoke").status_code == 409
    assert msps.client("msp-2").post("/mesh/receipts/9/revoke").status_code == 404


def test_a_profile_that_is_shown_leaves_a_receipt_and_revoking_it_hides_the_profile(msps: Msps) -> None:
    msp, other = msps.client("msp-0"), msps.platform.ports("msp-1").partners
    profile = {"id": "p", "name": "Alder", "region": "EU", "tlp": "TLP:GREEN", "shared": ["region"]}
    for _ in range(2):
        assert msp.post("/records/profile", json=profile).status_code == 200
    (line,) = msp.get("/mesh/receipts").json()["items"]
    assert (line["what"], line["purpose"], len(other.others())) == ("profile", "matching", 1)
    assert msp.post("/mesh/receipts/1/revoke").status_code == 200
    assert not other.others() and msp.get("/records/profile/p").json()["shared"] == []
    msp.post("/records/profile", json={**profile, "shared": []})
    assert not other.others()


def test_a_chain_is_verified_offline_with_the_public_key_alone(
    msps: Msps, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        receipts_of(msps.platform).issue("msp-0", "indicator", "mesh", "matching")
    home = ["--home", str(msps.home)]
    assert main(["receipts", *home, "verify", "--msp", "msp-0"]) == 0
    assert "holds: 3 receipts" in capsys.readouterr().out
    assert main(["receipts", *home, "key"]) == 0
    key = capsys.readouterr().out.strip()
    assert main(["receipts", *home, "export", "--msp", "msp-0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    file, elsewhere = tmp_path / "chain.ndjson", ["--home", str(tmp_path / "nowhere")]
    file.write_text("\n".join(lines))
    assert main(["receipts", *elsewhere, "verify", str(file), "--key", key]) == 0
    assert "holds: 3 receipts\n" in capsys.readouterr().out
    assert main(["receipts", *elsewhere, "verify", str(file)]) == 2
    assert "--key" in capsys.readouterr().err and not (tmp_path / "nowhere").exists()
    file.write_text("\n".join([lines[0], json.dumps({**json.loads(lines[1]), "epsilon": 9}), *lines[2:]]))
    assert main(["receipts", *elsewhere, "verify", str(file), "--key", key]) == 1
    assert "broken: line 2" in capsys.readouterr().out


def test_the_terminal_lists_revokes_asks_and_refreshes(
    msps: Msps, capsys: pytest.CaptureFixture[str]
) -> None:
    msps.agree(*SIX)
    home = ["--home", str(msps.home)]
    # The command has the clock of this machine, for which these prices may be too old.
    assert main(["benchmarks", *home, "ask", "price_per_seat", "--msp", "msp-0"]) in (0, 1)
    assert main(["benchmarks", *home, "ask", "price_per_seat"]) == 2
    assert main(["benchmarks", *home, "refresh"]) == 0
    assert "6 of 6 MSPs contribute" in capsys.readouterr().err
    profile = {"id": "p", "name": "Alder", "region": "EU", "tlp": "TLP:GREEN", "shared": ["region"]}
    msps.client("msp-0").post("/records/profile", json=profile)
    assert main(["receipts", *home, "list", "--msp", "msp-0"]) == 0
    assert "profile" in capsys.readouterr().out
    last = receipts_of(msps.platform).last("msp-0")
    assert last is not None
    assert main(["receipts", *home, "revoke", str(last.number), "--msp", "msp-0"]) == 0
    assert main(["receipts", *home, "revoke", "99", "--msp", "msp-0"]) == 2
    assert main(["receipts", *home, "verify"]) == 2


def test_what_the_mesh_holds_of_a_tenant_is_in_its_export_and_nothing_of_others(
    msps: Msps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesh.entrypoints.routes.tenant.SHARED_A_PAGE", 2)
    msps.agree(*SIX)
    assert msps.ask("msp-0")["p50"]
    for _ in range(4):
        receipts_of(msps.platform).issue("msp-0", "indicator", "mesh", "matching")
    msps.client("msp-0").post("/mesh/receipts/1/revoke")
    lines: list[dict[str, Any]] = []
    path = "/export"
    while path:
        reply = msps.client("msp-0").get(path)
        lines += [json.loads(line) for line in reply.text.splitlines()]
        path = reply.links["next"]["url"] if "next" in reply.links else ""
    shared = [line["row"] for line in lines if line["kind"] == "shared"]
    assert [row["shelf"] for row in shared if row["shelf"] != "receipts"] == [
        "consents", "contributions", "budgets", "budgets", "receipt-revocations"
    ]  # fmt: skip
    assert [row["body"]["number"] for row in shared if row["shelf"] == "receipts"] == [1, 2, 3, 4, 5, 6]
    assert not any(name in json.dumps(lines) for name in SIX[1:])
    assert msps.client("msp-0").get("/export?cursor=WyJzaGFyZWQiLCJ4Il0").status_code == 400
