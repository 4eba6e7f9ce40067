"""Two questions that can be sent as they are; they bring their own policy."""

from mesh.kit.agent import Example

WRITTEN = """Information security policy
Approved by the managing director, published to all staff and reviewed every year.

The security officer is accountable for the security programme.
Access is granted by role and need only, and is denied by default.
Access is requested by the manager, approved by the owner and recorded.
Access rights are reviewed every quarter. Access is removed within 24 hours when a person leaves.
Multi-factor authentication is required for remote, administrative and cloud access.
All laptops and servers are encrypted at rest with AES-256; data in transit is encrypted with TLS 1.2.
A risk assessment is done every year: risks are rated by likelihood and impact.
All staff are trained in security when they start and every year.
Backups run every night and are kept apart from the originals. Restores are not tested.
Security events are logged with time, user and action, and alerts are reviewed every day.
Patches rated critical should be installed within seven days where possible.
The incident response plan names roles and steps and is exercised every year.
Affected clients are notified of a breach within 72 hours.
"""

PROMISED = """Our road to security
We take security seriously. We plan to encrypt all laptops next year.
Multi-factor authentication will be introduced by the end of the year.
We intend to review access rights every quarter once budget allows.
Staff should be trained in security. A risk assessment is under consideration.
"""

EXAMPLES = (
    Example("A policy against HIPAA", {"framework": "HIPAA", "policy_text": WRITTEN}),
    Example("Promises against SOC 2", {"framework": "SOC2", "policy_text": PROMISED}),
)
