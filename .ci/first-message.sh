#!/usr/bin/env bash
# Runs the README as a newcomer would: npm start, then its curl block as it stands; with both profiles.
set -euo pipefail
cd "$(dirname "$0")/.."
output=$(mktemp)
gateway=
stop() {
  # The whole process group: npm, its shell and the gateway, as Ctrl-C in a terminal does.
  [ -z "$gateway" ] || kill -TERM -- "-$gateway" 2>/dev/null || true
  [ -z "$gateway" ] || wait "$gateway" 2>/dev/null || true
  gateway=
}
trap 'stop; rm -f "$output"' EXIT

curl_block=$(awk '
  /^```sh$/ { block = ""; inside = 1; next }
  /^```$/ { if (inside && block ~ /^curl /) { printf "%s", block; exit } inside = 0; next }
  inside { block = block $0 "\n" }
' README.md)
[ -n "$curl_block" ] || { echo 'README.md has no curl block'; exit 1; }

try() {
  local command=$1
  echo "--- npm run $command"
  : > "$output"
  setsid npm run "$command" > "$output" 2>&1 &
  gateway=$!
  for _ in $(seq 1 600); do
    grep -q 'Ctrl-C stops everything' "$output" && break
    kill -0 "$gateway" 2>/dev/null || { cat "$output"; exit 1; }
    sleep 0.2
  done
  local answer printed
  answer=$(bash -c "$curl_block")
  printf '%s\n' "$answer"
  grep -q '"isSuccess":true' <<<"$answer" && grep -q 'wamid\.' <<<"$answer" || { cat "$output"; exit 1; }
  printed=$(grep '^curl ' "$output")
  bash -c "$printed" | grep -q '"isSuccess":true' || { echo "the printed line failed: $printed"; exit 1; }
  stop
}

try start
try start:cluster
