"""What the service says when it refuses: every text by name, with where it comes from.

Texts marked *observed* were seen from the real service word for word. The others stand in for texts that
nobody recorded; a client must not depend on them, and ``EmulatorConfig.texts`` can replace each one.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Name -> template. Placeholders are filled by ``say``.
TEXTS: Mapping[str, str] = {
    # Create
    "not_batch": "Batch inference is not supported for the requested model.",  # observed (R6)
    "profile_only": (  # observed on demand (R7)
        "Invocation of model ID {model} with on-demand throughput isn't supported. Retry your request with "
        "the ID or ARN of an inference profile that contains this model."
    ),
    "unknown_model": "The provided model identifier is invalid.",
    "quota": (
        "Number of in-progress and submitted batch inference jobs for model {model} exceeds the limit of "
        "{limit}."
    ),
    "throttled": "Too many requests, please wait before trying again.",
    "token_conflict": "The client request token was used before with different parameters.",
    "pass_role": (
        "User: arn:aws:iam::{account}:user/emulated is not authorized to perform: iam:PassRole on resource: "
        "{role}"
    ),
    "cross_account_role": "Cross-account pass role is not allowed.",
    # Get and Stop
    "arn_invalid": "The provided ARN is invalid",  # observed (R11)
    "arn_region": "The provided ARN is invalid for the service region",  # observed
    "job_unknown": "Could not find the batch inference job {arn}",
    "job_ended": "The batch inference job {arn} has already ended with status {status}",
    "next_token": "The provided nextToken is invalid",
    # the whole job, in its ``message``
    "too_few_records": (  # observed (R15)
        "Batch job {arn} contains less records ({count}) than the required minimum of: {limit}"
    ),
    "too_many_records": "Batch job {arn} contains more records ({count}) than the maximum of: {limit}",
    "too_many_in_file": "Input file {name} contains more records ({count}) than the maximum of: {limit}",
    "file_too_large": "Input file {name} has {size} bytes, more than the allowed maximum of: {limit}",
    "job_too_large": "Batch job {arn} has an input of {size} bytes, more than the maximum of: {limit}",
    "no_jsonl": "No JSONL file was found at {uri}",
    "no_access": "The role {role} cannot access the S3 location {uri}",
    "bad_line": "Input file {name} is not valid JSONL: line {line}: {reason}",
    "internal": "The service had an internal error while it processed the job.",
    "failed": "The job failed.",
    # one record
    "folder": (  # observed (R25)
        "The S3 resource locations in your prompt do not match the folder prefix specified in "
        "CreateModelInvocationJob InputDataConfig parameter. Batch Inference requires both JSONL and S3 "
        "resources to be in the same S3 bucket and folder (paths are case-sensitive). If you intend to use "
        "S3 URIs in prompts, the InputDataConfig parameter must specify a folder containing all linked "
        "resources, not an individual .jsonl file."
    ),
    "uri": "Provided S3 URI is invalid",  # observed (R26)
    "missing_object": "The S3 object {uri} does not exist or cannot be read.",
    "one_video": "Only one video is allowed in a request, {count} were given.",
    "too_many_images": "At most {limit} images are allowed in a request, {count} were given.",
    "object_too_large": "The S3 object {uri} has {size} bytes, more than the allowed maximum of {limit}.",
    "objects_too_large": "The S3 objects of the request have {size} bytes, more than the maximum of {limit}.",
    "inline_too_large": "The inline media have {size} bytes, more than the allowed maximum of {limit}.",
    "extra_inputs": "{path}: Extra inputs are not permitted",  # fragment observed (R30)
    "bad_input": "Malformed input request: {reason}, please reformat your input and try again.",
    "max_tokens": (  # fragment observed (R30)
        "The maximum tokens you requested exceeds the model limit of {limit}. Try again with a maximum "
        "tokens value that is lower than {limit}."
    ),
    "tools": "Tool use is not supported for batch inference Converse requests.",  # observed (R30)
    "tools_invoke": "Tool use is not supported for batch inference.",
    "cache_point": "Prompt caching is not supported for batch inference.",
    "member": "{member} is not supported for batch inference.",
    "block": "This model doesn't support the {kind} content block that you provided.",
    "schema_version": "schemaVersion: Field required",
    "media": "The provided {kind} could not be processed: {reason}",
    "model_unavailable": "The model could not answer. Try your request again.",
    "injected": "The model returned an unexpected error. Try your request again.",
}


def say(name: str, texts: Mapping[str, str], /, **values: object) -> str:
    """Return the text *name*, from *texts* if it is replaced there, with *values* filled in."""
    template = texts.get(name, TEXTS[name])
    for key, value in values.items():
        template = template.replace("{" + key + "}", str(value))
    return template
