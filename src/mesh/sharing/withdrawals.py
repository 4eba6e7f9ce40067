"""How each kind of share stops being served when its receipt is revoked."""

from collections.abc import Mapping

from mesh.kit.platform import Platform
from mesh.sharing.benchmarks import benchmarking_of
from mesh.sharing.policy import What
from mesh.sharing.profiles import PROFILE
from mesh.sharing.receipts import Receipt, receipts_of
from mesh.sharing.revoking import Revoking, Withdraw
from mesh.sharing.sighting_withdrawal import revoke


def revoking(platform: Platform) -> Revoking:
    """Revoking over a platform, with a hook for each kind that can be taken back."""
    return Revoking(receipts_of(platform), hooks_of(platform))


def hooks_of(platform: Platform) -> Mapping[What, Withdraw]:
    return {
        "benchmark": lambda line: _benchmark(platform, line),
        "profile": lambda line: _profile(platform, line),
        "indicator": revoke(platform.commons),
        "model-update": lambda line: _model_update(platform, line),
    }


def _benchmark(platform: Platform, line: Receipt) -> None:
    """For the rest of the quarter, nothing of the MSP counts in that measure; what it counted in is not
    served any more. To stop for good, it withdraws its consent.
    """
    benchmarking_of(platform).contributions.revoke(line.msp_id, line.reference.split("/")[0])


def _profile(platform: Platform, line: Receipt) -> None:
    """The profile itself no longer names fields to show, so that it is not shown again by a later change."""
    records = platform.ports(line.msp_id).records
    for row in list(records.scan(PROFILE)):
        records.put(PROFILE, [{**row, "shared": []}])
    platform.directory.withdraw(line.msp_id)


def _model_update(platform: Platform, line: Receipt) -> None:
    """A part cannot be taken out of a model: every version of that training stops being served, to all."""
    from mesh.sharing.federation_versions import withdraw

    withdraw(platform.commons, line.reference)
