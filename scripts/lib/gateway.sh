# Starts a gateway with the default configuration and a data folder below $WORK. Sourced by scripts/test.
# shellcheck shell=bash

GATEWAY_PID=""
GATEWAY=""
GATEWAY_ENV=()

# $1...: settings as NAME=value.
start_gateway() {
  local port unset=() name
  port=$(free_port)
  # Remove settings of the caller's environment.
  for name in $(compgen -e); do
    case $name in
      MENJIN_* | DATABASE_URL | REDIS_URL) unset+=(-u "$name") ;;
    esac
  done
  rm -rf "$WORK/gateway"
  mkdir "$WORK/gateway"
  GATEWAY_ENV=("${unset[@]}" MENJIN_HTTP_LISTEN="127.0.0.1:$port" MENJIN_DATA_FOLDER="$WORK/gateway/data" "$@")
  # `cargo run` executes the program in its own process, so this is the process id of the gateway.
  env "${GATEWAY_ENV[@]}" cargo run --locked --quiet -- serve >"$WORK/gateway/log" 2>&1 &
  GATEWAY_PID=$!
  for _ in $(seq 240); do
    if curl --noproxy '*' -fs -o /dev/null --max-time 2 "http://127.0.0.1:$port/health/ready"; then
      GATEWAY="http://127.0.0.1:$port"
      return
    fi
    if ! kill -0 "$GATEWAY_PID" 2>/dev/null; then
      break
    fi
    sleep 0.5
  done
  echo "the gateway did not become ready; its log:" >&2
  tail -n 50 "$WORK/gateway/log" >&2
  return 1
}

stop_gateway() {
  if [ -n "$GATEWAY_PID" ]; then
    kill "$GATEWAY_PID" 2>/dev/null || true
    wait "$GATEWAY_PID" 2>/dev/null || true
    GATEWAY_PID=""
  fi
}
