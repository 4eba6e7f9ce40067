"""The ports in which a tenant meets other MSPs, alike over the rows of any platform.

Most questions meet nobody: what stands behind these ports is imported by the first that does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.adapters.defaults import new_id
from mesh.kit.late import late
from mesh.kit.platform import Commons, Directory, Tenants
from mesh.kit.ports import Benchmarks, Clock, Partners, Ports, Records, Sightings
from mesh.sharing.profiles import PublishedRecords

if TYPE_CHECKING:
    from mesh.kit.federation import Federation
    from mesh.sharing.benchmarks import Benchmarking
    from mesh.sharing.receipts import Receipts


@dataclass(frozen=True)
class Sharing:
    """`secrets` reads a secret of the mesh by its name."""

    clock: Clock
    commons: Commons
    tenants: Tenants
    directory: Directory
    secrets: Callable[[str], str]

    def records(self, msp_id: str, own: Records) -> Records:
        """The tenant's own rows, of which the profile shows in the directory."""
        return PublishedRecords(own, self.directory, msp_id, new_id, self._receipts)

    def sightings(self, msp_id: str, records: Records, directory: Directory) -> Sightings:
        """`directory`: by which the tenant's own meetings are read."""

        def made() -> Sightings:
            from mesh.sharing.matching import Marks
            from mesh.sharing.sightings import SharedSightings

            marks = Marks(self.secrets)
            return SharedSightings(
                msp_id, self.commons, directory, self.tenants, records, self._receipts, marks, self.clock
            )

        return late(made)

    def benchmarks(self, msp_id: str) -> Benchmarks:
        def made() -> Benchmarks:
            from mesh.sharing.benchmarks import MeshBenchmarks

            return MeshBenchmarks(msp_id, self._benchmarking)

        return late(made)

    def partners(self, msp_id: str) -> Partners:
        def made() -> Partners:
            from mesh.sharing.introductions import DirectoryPartners

            return DirectoryPartners(msp_id, self.directory, self.clock, new_id)

        return late(made)

    def federation(
        self, msp_id: str, ports: Callable[[str], Ports], *, home: Path | None = None, why_not: str = ""
    ) -> "Federation":
        def made() -> "Federation":
            import os

            from mesh.adapters.federation.door import door_of
            from mesh.adapters.federation.here import federation
            from mesh.sharing.consent import Consents

            consents = Consents(self.commons, self.clock)
            return federation(
                msp_id, self.tenants, ports, consents, self._receipts, home=home, why_not=why_not,
                door=lambda: door_of(os.environ),
            )  # fmt: skip

        return late(made)

    @cached_property
    def _receipts(self) -> "Receipts":
        def made() -> "Receipts":
            from mesh.sharing.receipts import SIGNING_KEY, Receipts
            from mesh.sharing.signing import Ed25519

            return Receipts(self.commons, self.clock, Ed25519(lambda: self.secrets(SIGNING_KEY)))

        return late(made)

    @cached_property
    def _benchmarking(self) -> "Benchmarking":
        from mesh.sharing.benchmarks import NOISE_KEY, Benchmarking

        return Benchmarking(
            self.commons, self.clock, self.tenants, self._receipts, lambda: self.secrets(NOISE_KEY)
        )
