"""What the simulated MSPs agree to share: everything, so that there is a mesh to look at."""

from mesh.kit.platform import Platform, Tenant
from mesh.sharing.benchmarks import benchmarking_of
from mesh.sharing.consent import SWITCHES, Consents


def agree(platform: Platform, one: Tenant) -> None:
    """A simulated MSP that never said what it shares agrees to all of it; its figures count from now on.

    What it was told to share since stays as it is.
    """
    consents = Consents(platform.commons, platform.clock)
    if consents.of(one.msp_id).version == 0:
        every = {(switch.what, switch.purpose): True for switch in SWITCHES}
        consents.change(one.msp_id, every, unmarked_tlp="TLP:GREEN")
    contributions = benchmarking_of(platform).contributions
    contributions.refresh(one.msp_id, platform.ports(one.msp_id).records, simulated=one.simulated, force=True)
