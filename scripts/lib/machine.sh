# Installs the required programs. Sourced by scripts/test.
# shellcheck shell=bash

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    echo "root or sudo is required to run: $*" >&2
    return 1
  fi
}

# Prints the folder of PostgreSQL's programs, which Debian does not add to PATH. Prints nothing if PostgreSQL is missing.
postgres_programs() {
  local folder
  if has initdb && has pg_ctl && has postgres; then
    dirname "$(command -v initdb)"
    return
  fi
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$folder/initdb" ]; then
      echo "$folder"
      return
    fi
  done
}

# Prints the missing Debian packages. $1 is 1 if only the tests are run.
missing_packages() {
  local fast=$1
  has cc || echo build-essential
  has curl || echo curl ca-certificates
  [ -n "${TEST_DATABASE_URL:-}" ] || [ -n "$(postgres_programs)" ] || echo postgresql
  [ -n "${TEST_REDIS_URL:-}" ] || has redis-server || echo redis-server
  has pgbouncer || [ -x /usr/sbin/pgbouncer ] || echo pgbouncer
  [ "$fast" -eq 1 ] || python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
  [ "$fast" -eq 1 ] || has nginx || [ -x /usr/sbin/nginx ] || echo nginx
  [ "$fast" -eq 1 ] || has caddy || echo caddy
  [ "$fast" -eq 1 ] || has npm || if has node; then echo npm; else echo nodejs; fi
}

# Runs twice, because some nodejs packages include npm and conflict with Debian's npm package.
install_packages() {
  install_missing "$1"
  install_missing "$1"
}

install_missing() {
  local packages package
  packages=$(missing_packages "$1" | xargs)
  [ -n "$packages" ] || return 0
  if ! has apt-get; then
    echo "please install: $packages (names of Debian packages); this script installs packages with apt-get only" >&2
    return 1
  fi
  echo "installing $packages"
  as_root apt-get update -qq
  # shellcheck disable=SC2086 # one word per package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
  # Stop the servers that the packages start, because they occupy ports. The tests start their own.
  for package in $packages; do
    case $package in
      nginx | caddy | pgbouncer) [ ! -d /run/systemd/system ] || as_root systemctl disable --quiet --now "$package" || true ;;
    esac
  done
}

# Installs Rust if it is missing, and checks the minimum version in Cargo.toml.
install_rust() {
  local oldest found
  if ! has cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH="$HOME/.cargo/bin:$PATH"
  fi
  if ! has cargo; then
    echo "installing Rust"
    curl --proto '=https' --tlsv1.2 -fsS https://sh.rustup.rs |
      sh -s -- -y -q --profile minimal --component clippy,rustfmt --no-modify-path
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  fi
  oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
  found=$(cargo --version | cut -d ' ' -f 2)
  if [ "$(printf '%s\n' "$oldest" "$found" | sort -V | head -n 1)" != "$oldest" ]; then
    echo "Rust $oldest or newer is required, but $found is installed; see https://rustup.rs" >&2
    return 1
  fi
  if ! cargo clippy --version >/dev/null 2>&1 || ! cargo fmt --version >/dev/null 2>&1; then
    rustup component add clippy rustfmt
  fi
}

install_cargo_deny() {
  has cargo-deny && return
  echo "installing cargo-deny (takes some minutes, once per machine)"
  cargo install --quiet --locked cargo-deny --version '^0.20'
  PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
}
