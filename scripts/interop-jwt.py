"""Verifies access tokens with PyJWT, for interop-jwt.js: a question a line, an answer a line, both in JSON."""

import json
import sys

import jwt

url, max_age = sys.argv[1], float(sys.argv[2])
published = jwt.PyJWKClient(url, lifespan=max_age)


def verify(question):
    token = question["token"]
    if "keys" in question:
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(key for key in jwt.PyJWKSet.from_dict(question).keys if key.key_id == kid)
    else:
        key = published.get_signing_key_from_jwt(token)
    decoded = jwt.decode_complete(
        token,
        key,
        algorithms=[key.algorithm_name],
        audience=question["audience"],
        issuer=question["issuer"],
        options={"require": ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"]},
    )
    if decoded["header"]["typ"] != question["typ"]:
        raise jwt.InvalidTokenError("typ")
    return decoded["payload"]["sub"]


for line in sys.stdin:
    try:
        answer = {"sub": verify(json.loads(line))}
    except jwt.PyJWTError as error:
        answer = {"refused": type(error).__name__}
    print(json.dumps(answer), flush=True)
