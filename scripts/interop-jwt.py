"""Verifies access tokens with PyJWT for interop-jwt.js. Reads one JSON request per line and writes one JSON result per line."""

import json
import sys

import jwt

url, max_age = sys.argv[1], float(sys.argv[2])
published = jwt.PyJWKClient(url, lifespan=max_age)


def verify(request):
    token = request["token"]
    if "keys" in request:
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(key for key in jwt.PyJWKSet.from_dict(request).keys if key.key_id == kid)
    else:
        key = published.get_signing_key_from_jwt(token)
    decoded = jwt.decode_complete(
        token,
        key,
        algorithms=[key.algorithm_name],
        audience=request["audience"],
        issuer=request["issuer"],
        options={"require": ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"]},
    )
    if decoded["header"]["typ"] != request["typ"]:
        raise jwt.InvalidTokenError("typ")
    return decoded["payload"]["sub"]


for line in sys.stdin:
    try:
        result = {"sub": verify(json.loads(line))}
    except jwt.PyJWTError as error:
        result = {"refused": type(error).__name__}
    print(json.dumps(result), flush=True)
