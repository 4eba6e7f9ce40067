"""The templates under the eyes of cdk-nag."""

from pathlib import Path
from typing import Any

from aws_cdk import Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks

from infra.acknowledged import acknowledge
from infra.app import assemble, new_app
from infra.packaging import StandIns
from infra.plan import Size, planned


def checked(size: Size, out: Path, **options: Any) -> CloudAssembly:
    """Templates without code, looked through by cdk-nag's packs. Raises RuntimeError when they find what
    `acknowledged` does not answer; the findings are then in `out/validation-report.json`.
    """
    app = new_app(out)
    assemble(app, planned(size, **options), StandIns())
    acknowledge(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app), NIST80053R5Checks(app))
    return app.synth()
