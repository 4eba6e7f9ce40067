"""The dashboard's home: a private bucket behind CloudFront."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.api import Api
from infra.names import bucket_name
from infra.plan import PREFIX, Plan
from infra.realtime import Realtime
from infra.removal import kept

# Files under here carry a hash of their content in their name, so they never change.
HASHED = "assets/*"
A_DAY = Duration.hours(24)
# What is not hashed may change with each deployment, which invalidates it; this is for what was missed.
PAGES_FRESH_S = 60
# The bucket holds no page but one, which shows whatever the address names; the API is at another address.
PAGE_OF_ERROR = {
    403: (200, "/index.html"),
    404: (200, "/index.html"),
    500: (500, "/500.html"),
    503: (503, "/500.html"),
}


class Web(Stack):
    def __init__(
        self, scope: Construct, name: str, plan: Plan, api: Api, realtime: Realtime, web_acl_arn: str | None
    ) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: the dashboard's bucket and CDN")
        logs = s3.Bucket.from_bucket_attributes(
            self, "AccessLogs", bucket_name=bucket_name("access-logs"),
            bucket_regional_domain_name=f"{bucket_name('access-logs')}.s3.{self.region}.{self.url_suffix}",
        )  # fmt: skip
        self.bucket = s3.Bucket(
            self, "Frontend", bucket_name=bucket_name("frontend"), enforce_ssl=True, versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED, block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30))],
            server_access_logs_bucket=logs, server_access_logs_prefix="s3/frontend/",
            removal_policy=kept(plan),
        )  # fmt: skip
        self.headers = self._headers(api, realtime)
        origin = origins.S3BucketOrigin.with_origin_access_control(self.bucket)
        self.distribution = cloudfront.Distribution(
            self, "Distribution", comment=f"{PREFIX} dashboard", default_root_object="index.html",
            default_behavior=self._behaviour(origin, self._cache("Pages", Duration.seconds(PAGES_FRESH_S))),
            additional_behaviors={HASHED: self._behaviour(origin, self._cache("Hashed", A_DAY))},
            error_responses=[
                cloudfront.ErrorResponse(
                    http_status=status, response_http_status=shown, response_page_path=page,
                    ttl=Duration.seconds(10),
                )
                for status, (shown, page) in PAGE_OF_ERROR.items()
            ],
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            enable_logging=True, log_bucket=logs, log_file_prefix="cloudfront/", log_includes_cookies=False,
            web_acl_id=web_acl_arn,
        )  # fmt: skip
        for label, value in (
            ("FrontendBucket", self.bucket.bucket_name),
            ("DistributionId", self.distribution.distribution_id),
            ("WebUrl", f"https://{self.distribution.distribution_domain_name}"),
        ):  # fmt: skip
            CfnOutput(self, label, value=value)

    def _behaviour(
        self, origin: cloudfront.IOrigin, cache: cloudfront.CachePolicy
    ) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origin, cache_policy=cache, compress=True, response_headers_policy=self.headers,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        )  # fmt: skip

    def _cache(self, label: str, fresh: Duration) -> cloudfront.CachePolicy:
        return cloudfront.CachePolicy(
            self, label, default_ttl=fresh, max_ttl=fresh,
            min_ttl=Duration.seconds(0), enable_accept_encoding_brotli=True, enable_accept_encoding_gzip=True,
        )  # fmt: skip

    def _headers(self, api: Api, realtime: Realtime) -> cloudfront.ResponseHeadersPolicy:
        """The pages load only what is theirs, and talk to the mesh's own two addresses."""
        rest = f"https://{api.rest.rest_api_id}.execute-api.{self.region}.{self.url_suffix}"
        socket = f"wss://{realtime.api.ref}.execute-api.{self.region}.{self.url_suffix}"
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
            f"img-src 'self' data: blob:; connect-src 'self' {rest} {socket}; "
            "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        return cloudfront.ResponseHeadersPolicy(
            self, "Headers", security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(730), include_subdomains=True, preload=True,
                    override=True,
                ),
            ),
        )  # fmt: skip
