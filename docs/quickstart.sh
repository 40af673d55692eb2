#!/usr/bin/env bash
# The whole quickstart by API alone, against a gateway that runs (npm start): register, application, key, a fake send,
# a phone number, money, a real send, its webhooks, and the end of the key. Needs bash, curl and Node.
#
#     bash docs/quickstart.sh
#
# GATEWAY_URL     the gateway, http://127.0.0.1:8080
# SIMULATOR_URL   the simulator in Meta's place, http://127.0.0.1:9090
set -euo pipefail

GATEWAY_URL=${GATEWAY_URL:-http://127.0.0.1:8080}
SIMULATOR_URL=${SIMULATOR_URL:-http://127.0.0.1:9090}
API=$GATEWAY_URL/api/v1
WAIT_SECONDS=60
REVOKED_WITHIN_SECONDS=5

receiver=
events=$(mktemp)
trap '[ -z "$receiver" ] || kill "$receiver" 2>/dev/null; rm -f "$events"' EXIT
# What was answered says why.
trap 'printf "FAILED: %s\n" "${ANSWER:-}" >&2' ERR

step() { printf '\n== %s\n' "$1"; }

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  exit 1
}

# A field of a JSON text: field '{"data":{"id":1}}' data.id
field() {
  node -p 'process.argv[2].split(".").reduce((value, name) => value[name], JSON.parse(process.argv[1]))' "$1" "$2"
}

post() {
  local url=$1 body=$2
  shift 2
  curl -sS --fail-with-body --max-time 30 -X POST "$url" \
    -H 'Content-Type: application/json' -H 'X-Client-Type: native' "$@" -d "$body"
}

# The same in the name of who is signed in.
post_as_user() { post "$API$1" "$2" -H "Authorization: Bearer $TOKEN" "${@:3}"; }

get_as_user() { curl -sS --fail-with-body --max-time 30 "$API$1" -H "Authorization: Bearer $TOKEN"; }

# A message by the API key, as the customer's backend sends it.
send() {
  post "$GATEWAY_URL/v1/wa/message${1:-}" \
    '{"messaging_product":"whatsapp","to":"905321234567","type":"text","text":{"body":"Hello!"}}' \
    -H "Authorization: Bearer $KEY"
}

# Runs a command until it succeeds: until_done 'what is waited for' 60 command ...
until_done() {
  local what=$1 until=$((SECONDS + $2))
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || fail "$what: ${ANSWER:-}"
    sleep 0.1
  done
}

step '1. Register, and create an organization'
EMAIL=quickstart-$(node -p 'crypto.randomUUID()')@example.com
PASSWORD=$(node -p 'crypto.randomUUID()')
ANSWER=$(post "$API/users/register" \
  "{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\",\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\"}")
TOKEN=$(field "$ANSWER" data.accessToken)
ANSWER=$(post_as_user /auth/organizations/assign \
  '{"organizationName":"Quickstart","organizationWebsite":null,"businessRole":"Developer","accountType":"Company"}')
TOKEN=$(field "$ANSWER" data.accessToken)
echo "$EMAIL"

step '2. Create an application and a key; a fake message runs through while the application is a draft'
ANSWER=$(post_as_user /applications '{"applicationName":"Quickstart","platform":"whatsapp"}')
APP_ID=$(field "$ANSWER" data.appId)
[ "$(field "$ANSWER" data.status)" = DRAFT ] || fail "a new application is a draft: $ANSWER"
ANSWER=$(post_as_user "/applications/$APP_ID/api-keys" '{"name":"Shop backend"}')
KEY=$(field "$ANSWER" data.key)
KEY_ID=$(field "$ANSWER" data.id)
ANSWER=$(send '?is_fake=true')
echo "$ANSWER"

step '3. Connect a phone number, and top the wallet up'
ANSWER=$(curl -sS --fail-with-body --max-time 30 -X POST "$SIMULATOR_URL/_simulator/phone-numbers/free")
ANSWER=$(post_as_user "/applications/$APP_ID/channel" "$ANSWER")
echo "$ANSWER"
ANSWER=$(get_as_user "/applications/$APP_ID?expand=channel")
[ "$(field "$ANSWER" data.status)" = ACTIVATED ] || fail "a connected application is activated: $ANSWER"
ANSWER=$(post_as_user /wallet/top-up '{"amountUsd":10}' -H "Idempotency-Key: $(node -p 'crypto.randomUUID()')")
echo "$ANSWER"
ANSWER=$(get_as_user /wallet/balance)
echo "$ANSWER"

step '4. Enter a webhook, send, and see the message delivered'
# Answers 204 to everything, and writes each body to a line.
node -e '
  const server = require("node:http").createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => (body += chunk)).on("end", () => {
      require("node:fs").appendFileSync(process.argv[1], body + "\n");
      response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1", () => require("node:fs").appendFileSync(process.argv[1], server.address().port + "\n"));
' "$events" &
receiver=$!
until_done 'the receiver did not start' "$WAIT_SECONDS" test -s "$events"
WEBHOOK_URL=http://127.0.0.1:$(head -n 1 "$events")/
ANSWER=$(post_as_user "/applications/$APP_ID/webhook" "{\"url\":\"$WEBHOOK_URL\"}")

# A number or a webhook that is entered is known everywhere within seconds.
sent() { ANSWER=$(send 2>/dev/null); }
until_done 'no message was accepted' "$WAIT_SECONDS" sent
echo "$ANSWER"
WAMID=$(field "$ANSWER" 'data.messages.0.id')
delivered() { grep -F "$WAMID" "$events" | grep -q '"status":"delivered"'; }
until_done 'no webhook said delivered' "$WAIT_SECONDS" delivered
echo "delivered: $WAMID"
ANSWER=$(get_as_user "/applications/$APP_ID/webhook/deliveries")
[ "$(field "$ANSWER" data.length)" -gt 0 ] || fail "the deliveries are listed: $ANSWER"

step '5. Revoke the key'
ANSWER=$(curl -sS --fail-with-body --max-time 30 -X DELETE "$API/applications/$APP_ID/api-keys/$KEY_ID" \
  -H "Authorization: Bearer $TOKEN")
refused() {
  ANSWER=$(send '?is_fake=true' 2>/dev/null) && return 1
  [ "$(field "$ANSWER" errors.code)" = AUTH_001 ] || fail "a revoked key is AUTH_001: $ANSWER"
}
until_done "the key is still good after $REVOKED_WITHIN_SECONDS s" "$REVOKED_WITHIN_SECONDS" refused
echo "$ANSWER"

printf '\nAll five steps work.\n'
