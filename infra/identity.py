"""People who sign in, where `user_pool` is on: a Cognito pool whose users each belong to one tenant."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cognito as cognito

from infra.plan import PREFIX, Plan
from infra.removal import kept
from mesh.adapters.aws.cognito import ADMINS


def user_pool(stack: Stack, plan: Plan) -> Mapping[str, str]:
    """What the authorizer must know to accept the pool's tokens. `custom:msp_id` names the tenant, and only
    whoever runs the mesh can set it: the client may not write it.
    """
    pool = cognito.UserPool(
        stack, "Users", user_pool_name=PREFIX, self_sign_up_enabled=False, sign_in_case_sensitive=False,
        sign_in_aliases=cognito.SignInAliases(email=True), feature_plan=cognito.FeaturePlan.ESSENTIALS,
        mfa=cognito.Mfa.REQUIRED, mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
        account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
        password_policy=cognito.PasswordPolicy(
            min_length=12, require_digits=True, require_lowercase=True, require_uppercase=True,
            require_symbols=True, temp_password_validity=Duration.days(3),
        ),
        custom_attributes={"msp_id": cognito.StringAttribute(mutable=True, max_len=128)},
        deletion_protection=not plan.remove_data, removal_policy=kept(plan),
    )  # fmt: skip
    cognito.CfnUserPoolGroup(
        stack, "Admins", user_pool_id=pool.user_pool_id, group_name=ADMINS,
        description="Those who look after keys, feeds and cost of their tenant",
    )  # fmt: skip
    client = pool.add_client(
        "Dashboard", user_pool_client_name=f"{PREFIX}-dashboard", generate_secret=False,
        auth_flows=cognito.AuthFlow(user_srp=True), prevent_user_existence_errors=True, disable_o_auth=True,
        access_token_validity=Duration.hours(1), id_token_validity=Duration.hours(1),
        refresh_token_validity=Duration.days(1), enable_token_revocation=True,
        read_attributes=cognito.ClientAttributes()
        .with_standard_attributes(email=True).with_custom_attributes("msp_id"),
        write_attributes=cognito.ClientAttributes().with_standard_attributes(email=True),
    )  # fmt: skip
    CfnOutput(stack, "UserPoolId", value=pool.user_pool_id)
    CfnOutput(stack, "UserPoolClientId", value=client.user_pool_client_id)
    return {
        "MESH_COGNITO_POOL_ID": pool.user_pool_id,
        "MESH_COGNITO_CLIENT_ID": client.user_pool_client_id,
    }
