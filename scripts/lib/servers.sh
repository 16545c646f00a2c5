# Starts temporary PostgreSQL and Redis servers below $WORK. Sourced by scripts/test.
# shellcheck shell=bash

POSTGRES_FOLDER=""
REDIS_PID=""

# Prints a free port.
free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  echo "no free port found" >&2
  return 1
}

random_word() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" -ne 0 ]; then
    "$@"
  elif id postgres >/dev/null 2>&1; then
    runuser -u postgres -- "$@"
  else
    runuser -u nobody -- "$@"
  fi
}

start_postgres() {
  local programs port password folder
  programs=$(postgres_programs)
  port=$(free_port)
  password=$(random_word)
  folder=$WORK/postgres
  mkdir "$folder"
  (umask 077 && printf '%s\n' "$password" >"$folder/password")
  if [ "$(id -u)" -eq 0 ]; then
    chmod 711 "$WORK"
    chown -R "$(as_postgres id -u)" "$folder"
  fi
  (
    cd "$folder" # a folder that the other user can enter
    as_postgres "$programs/initdb" --pgdata="$folder/data" --username=menjin --pwfile="$folder/password" \
      --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1 || {
      cat "$folder/initdb.log" >&2
      exit 1
    }
  )
  POSTGRES_FOLDER=$folder
  # The data need not survive a crash, so writes do not wait for the disk.
  (
    cd "$folder"
    as_postgres "$programs/pg_ctl" --pgdata="$folder/data" --wait --silent --log="$folder/log" --options="-p $port \
      -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 \
      -c fsync=off -c synchronous_commit=off -c full_page_writes=off" start >/dev/null || {
      cat "$folder/log" >&2
      exit 1
    }
  )
  export TEST_DATABASE_URL="postgres://menjin:$password@127.0.0.1:$port/postgres"
  echo "PostgreSQL on port $port"
}

start_redis() {
  local port
  port=$(free_port)
  mkdir "$WORK/redis"
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$WORK/redis" --daemonize no \
    >"$WORK/redis/log" 2>&1 &
  REDIS_PID=$!
  for _ in $(seq 50); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      export TEST_REDIS_URL="redis://127.0.0.1:$port/"
      echo "Redis on port $port"
      return
    fi
    sleep 0.1
  done
  cat "$WORK/redis/log" >&2
  return 1
}

# Starts the servers that the caller has not configured.
start_servers() {
  [ -n "${TEST_DATABASE_URL:-}" ] || start_postgres
  [ -n "${TEST_REDIS_URL:-}" ] || start_redis
}

stop_servers() {
  if [ -n "$POSTGRES_FOLDER" ]; then
    (cd "$POSTGRES_FOLDER" && as_postgres "$(postgres_programs)/pg_ctl" --pgdata="$POSTGRES_FOLDER/data" \
      --silent --mode=immediate stop >/dev/null 2>&1) || true
  fi
  if [ -n "$REDIS_PID" ]; then
    kill "$REDIS_PID" 2>/dev/null || true
    wait "$REDIS_PID" 2>/dev/null || true
  fi
}
