"""HTTP in front of the emulator: Bedrock's rest-json, and a small admin API under ``/_emulator``."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

import anyio.to_thread
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from shotlog.emulator.faults import Faults
from shotlog.emulator.jobs import JobFilter
from shotlog.emulator.lines import decode
from shotlog.emulator.service import Emulator
from shotlog.emulator.service_error import ServiceError

_T = TypeVar("_T")
_HOSTS = ["127.0.0.1", "localhost"]


def create_app(emulator: Emulator) -> FastAPI:
    """Return the application that serves *emulator*; who starts it also starts and closes the emulator."""
    app = FastAPI(title="Shotlog emulator", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(_RawPath)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)
    app.add_exception_handler(ServiceError, _refused)
    app.add_exception_handler(HTTPException, _unknown_operation)
    _add_control_plane(app, emulator)
    _add_runtime(app, emulator)
    _add_admin(app, emulator)
    return app


def _add_control_plane(app: FastAPI, emulator: Emulator) -> None:
    control, gate = emulator.control, emulator.gate

    @app.post("/model-invocation-job")
    async def create(request: Request) -> Response:
        gate.admit("create", request.headers)
        body = await _json_body(request, emulator.config.max_request_bytes)
        return _ok(await _off_loop(lambda: control.create(body)))

    @app.get("/model-invocation-job/{identifier}")
    async def get(request: Request, identifier: str) -> Response:
        gate.admit("read", request.headers)
        return _ok(await _off_loop(lambda: control.get(unquote(identifier))))

    @app.get("/model-invocation-jobs")
    async def list_jobs(request: Request) -> Response:
        gate.admit("read", request.headers)
        query = dict(request.query_params)
        return _ok(await _off_loop(lambda: control.list(query)))

    @app.post("/model-invocation-job/{identifier}/stop")
    async def stop(request: Request, identifier: str) -> Response:
        gate.admit("read", request.headers)
        await _off_loop(lambda: control.stop(unquote(identifier)))
        return _ok({})


def _add_runtime(app: FastAPI, emulator: Emulator) -> None:
    async def call(api: str, request: Request, model_id: str) -> Response:
        emulator.gate.admit("invoke", request.headers)
        body = await _json_body(request, emulator.config.max_request_bytes)
        made = await _off_loop(lambda: emulator.runtime.call(api, unquote(model_id), body))
        response = _ok(made.body)
        if api == "InvokeModel":
            usage = made.body["usage"]
            response.headers["X-Amzn-Bedrock-Input-Token-Count"] = str(usage["inputTokens"])
            response.headers["X-Amzn-Bedrock-Output-Token-Count"] = str(usage["outputTokens"])
            response.headers["X-Amzn-Bedrock-Invocation-Latency"] = str(made.latency_ms)
        return response

    @app.post("/model/{model_id}/invoke")
    async def invoke(request: Request, model_id: str) -> Response:
        return await call("InvokeModel", request, model_id)

    @app.post("/model/{model_id}/converse")
    async def converse(request: Request, model_id: str) -> Response:
        return await call("Converse", request, model_id)


def _add_admin(app: FastAPI, emulator: Emulator) -> None:
    @app.get("/_emulator/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "engine": "emulator", "jobs": emulator.jobs.counts()}

    @app.get("/_emulator/faults")
    def faults() -> Faults:
        return emulator.switchboard.faults

    @app.put("/_emulator/faults")
    def set_faults(faults: Faults) -> Faults:
        emulator.switchboard.set(faults)
        return faults

    @app.get("/_emulator/jobs")
    def jobs(before: int | None = None, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> dict[str, Any]:
        page = emulator.jobs.page(JobFilter(after_seq=before), limit)
        shown = ("seq", "id", "arn", "name", "model_id", "status", "message", "total", "success", "error")
        return {"jobs": [{name: getattr(job, name) for name in shown} for job in page]}

    @app.get("/_emulator/events")
    def events(after: int = 0, limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000) -> dict[str, Any]:
        return {"events": emulator.events.after(after, limit)}


class _RawPath:
    """Route on the path as it came, so that an encoded ``/`` in an ARN stays inside its segment (R11)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("raw_path"):
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self._app(scope, receive, send)


async def _off_loop(work: Callable[[], _T]) -> _T:
    return await anyio.to_thread.run_sync(work)


async def _json_body(request: Request, max_bytes: int) -> Any:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise ServiceError("RequestEntityTooLargeException", "The request is too large")
    try:
        return await _off_loop(lambda: decode(bytes(body)))
    except ValueError as error:
        raise ServiceError("SerializationException", f"The request body is not JSON: {error}") from error


def _ok(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers={"x-amzn-RequestId": str(uuid.uuid4())})


def _error(name: str, status: int, message: str) -> Response:
    headers = {"x-amzn-ErrorType": name, "x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps({"message": message}), status, headers, "application/json")


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ServiceError):
        raise error
    return _error(error.name, error.status, error.message)


async def _unknown_operation(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code in {404, 405}:
        return _error("UnknownOperationException", 404, "Unknown operation")
    return _error("ValidationException", error.status_code, str(error.detail))
