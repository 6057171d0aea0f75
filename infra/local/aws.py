"""Runs MiniStack with what it needs to be as fast and as strict as the functions need (requirements-aws.txt pins its version).

Fast: as shipped a warm request takes 98 ms. The connection to a function's process waits for the acknowledgement of each
small packet, and after each invocation MiniStack waits 50 ms for log lines. With both mended it takes 4 ms.

Strict: permissions to use the key are bound to a purpose by the encryption context, and buckets and queues refuse all but
TLS. MiniStack does not tell policies the former, and the loopback interface has none of the latter. It asks for a
permission `sqs:SendMessageBatch`, which AWS does not have: there a batch needs what one message needs. And it does not
see which identity a mail is sent from, so that only a policy for all resources would do.

True to AWS: a preflight request goes to the function where the API itself has no CORS settings. And alarms over several
metrics can be made; here they are alarms over the first of them.
"""

import faulthandler
import json
import signal
import socketserver
from email.utils import parseaddr

# Who waits for it in vain can ask what each thread is at.
faulthandler.register(signal.SIGUSR1)

# Answers to the Lambda runtime API are small: send them at once.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# The setting above must come before these.
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

patient_drain = lambda_runtime.Worker._drain_stderr_bounded
tags_of_request = iam_actions.request_tag_context
action_of_request = iam_actions.extract_iam_action
resource_of_request = iam_actions.extract_resource_arn
pin_request_origin = iam_evaluator.pin_request_origin
execute_api = apigateway._handle_execute_in_scope
alarm_record = provisioners._cw_metric_alarm_record


def drain(self, first_line_wait=0.002, idle_confirm=0.001, hard_cap=0.05):
    # Lines that come later are taken with the next invocation: none is lost.
    return patient_drain(self, first_line_wait, idle_confirm, hard_cap)


def condition_keys(service, action, body, parameters):
    keys = tags_of_request(service, action, body, parameters)
    if service == "kms":
        request = json.loads(body or b"{}")
        context = request.get("EncryptionContext") or request.get("SourceEncryptionContext") or {}
        keys = {**keys, **{f"kms:EncryptionContext:{name}": value for name, value in context.items()}}
    return keys


def action(service, *request):
    name = action_of_request(service, *request)
    return name.removesuffix("Batch") if service == "sqs" and name else name


def resource(service, method, path, headers, body, parameters, region, account):
    if service == "ses" and path.endswith("/outbound-emails"):
        sender = parseaddr(json.loads(body or b"{}").get("FromEmailAddress", ""))[1]
        return f"arn:aws:ses:{region}:{account}:identity/{sender}"
    return resource_of_request(service, method, path, headers, body, parameters, region, account)


def secure_origin(source_ip, secure_transport):
    return pin_request_origin(source_ip, True)


class Preflight(str):
    """The method OPTIONS, in a form that MiniStack does not take for its own to answer."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return other != "OPTIONS" and str.__eq__(self, other)


async def execute(api_id, stage, path, method, *rest, **more):
    if method == "OPTIONS" and not (apigateway._apis.get(api_id) or {}).get("corsConfiguration"):
        method = Preflight(method)
    return await execute_api(api_id, stage, path, method, *rest, **more)


def alarm(name, properties):
    first = next((entry["MetricStat"] for entry in properties.get("Metrics", []) if "MetricStat" in entry), None)
    if first:
        properties = {**properties, **first["Metric"], "Period": first["Period"], "Statistic": first["Stat"]}
        del properties["Metrics"]
    return alarm_record(name, properties)


lambda_runtime.Worker._drain_stderr_bounded = drain
apigateway._handle_execute_in_scope = execute
iam_actions.request_tag_context = condition_keys
iam_actions.extract_iam_action = action
iam_actions.extract_resource_arn = resource
iam_evaluator.pin_request_origin = secure_origin
provisioners._cw_metric_alarm_record = alarm

from ministack.app import main

main()
