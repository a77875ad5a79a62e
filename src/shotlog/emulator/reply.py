"""What answers and errors look like: bodies of InvokeModel and Converse, batch output lines (R35, R36)."""

from __future__ import annotations

from typing import Any

from shotlog.domain.ports import Answer
from shotlog.emulator.prompt import JsonObject, RecordRefused
from shotlog.emulator.validation import input_shape


def model_response(
    api: str, answer: Answer, *, latency_ms: int, explicit_nulls: bool = False
) -> dict[str, Any]:
    """Return the response body of *api*; a Converse job's output names the unset union members too (R36)."""
    block: dict[str, Any] = {"text": answer.text}
    if explicit_nulls and api == "Converse":
        block.update(dict.fromkeys(_block_members() - {"text"}))
    response: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": [block]}},
        "stopReason": answer.stop_reason,
        "usage": {
            "inputTokens": answer.input_tokens,
            "outputTokens": answer.output_tokens,
            "totalTokens": answer.input_tokens + answer.output_tokens,
        },
    }
    if api == "Converse":
        response["metrics"] = {"latencyMs": latency_ms}
    return response


def success_line(
    record_id: str, model_input: JsonObject, output: JsonObject, *, null_error: bool
) -> JsonObject:
    """Return the output line of an answered record, with its input as it came (R35)."""
    error = {"error": None} if null_error else {}
    return {"modelInput": model_input, "modelOutput": output, **error, "recordId": record_id}


def error_line(record_id: str, model_input: JsonObject, error: RecordRefused) -> JsonObject:
    """Return the output line of a record that could not be answered (facts §4)."""
    told = {
        "errorCode": error.code,
        "errorMessage": error.message,
        "expired": False,
        "retryable": error.retryable,
    }
    return {"modelInput": model_input, "error": told, "recordId": record_id}


def _block_members() -> set[str]:
    messages = input_shape("bedrock-runtime", "Converse").members["messages"]
    return set(messages.member.members["content"].member.members)
