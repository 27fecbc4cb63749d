"""FCM topics over HTTP, as firebase-admin asks for them: subscribe a registration, list its topics, unsubscribe.

Google's reference: projects.registrations.topicSubscriptions of the FCM Topics API. What it answers to one topic too
many is not written down anywhere; RESOURCE_EXHAUSTED is our assumption.
"""

from datetime import datetime

from aiohttp import web

from longan.devkit import fcm_answers, wire
from longan.devkit.fcm import SERVER
from longan.devkit.fcm_schema import Refused, Violation
from longan.devkit.fcm_topics import TOPIC, TooMany

REGISTRATION = "/v1/projects/{project}/registrations/{registration}/topicSubscriptions"
routes = web.RouteTableDef()


def _described(request: web.Request, topic: str, since: datetime) -> dict[str, object]:
    project, registration = request.match_info["project"], request.match_info["registration"]
    name = f"projects/{project}/registrations/{registration}/topicSubscriptions/{topic}"
    return {"name": name, "topicName": topic, "createTime": since}


@routes.post(REGISTRATION)
async def subscribe(request: web.Request) -> web.Response:
    server, registration = request.app[SERVER], request.match_info["registration"]
    if (refusal := await server.turned_away(request)) is not None:
        return refusal
    topic = request.query.get("topicName") or request.query.get("topic_name", "")
    if TOPIC.fullmatch(topic) is None:
        return fcm_answers.invalid_argument(Refused([Violation("topic_name", "Invalid topic name.")], by_fcm=False))
    fault = server.faults.next("fid", registration)
    if (failure := server.fails_before(request, fault, "token")) is not None:
        return failure
    now = server.clock()
    try:
        if not server.topics.add(registration, topic, now):
            return fcm_answers.refused(409, "ALREADY_EXISTS", "Requested entity already exists", [])
    except TooMany:
        return fcm_answers.refused(429, "RESOURCE_EXHAUSTED", "This app instance has too many topics.", [])
    return await server.done(request, fault, _described(request, topic, now))


@routes.get(REGISTRATION)
async def list_subscriptions(request: web.Request) -> web.Response:
    server, registration = request.app[SERVER], request.match_info["registration"]
    if (refusal := await server.turned_away(request)) is not None:
        return refusal
    topics = server.topics.of(registration)
    return wire.answer({"topicSubscriptions": [_described(request, *each) for each in sorted(topics.items())]})


@routes.delete(REGISTRATION + "/{topic}")
async def unsubscribe(request: web.Request) -> web.Response:
    server, registration = request.app[SERVER], request.match_info["registration"]
    if (refusal := await server.turned_away(request)) is not None:
        return refusal
    missing_is_well = "true" in (request.query.get("allowMissing"), request.query.get("allow_missing"))
    if not server.topics.remove(registration, request.match_info["topic"]) and not missing_is_well:
        return fcm_answers.refused(404, "NOT_FOUND", "Requested entity was not found.", [])
    return wire.answer({})
