#!/bin/sh
# A sender of Conviction Gate in plain HTTP: curl, and the HTTP API of the Temporal server.
#
#     TEMPORAL_HTTP=http://127.0.0.1:7243 sh send.sh AGENCY NUMBER
#
# drives two cases from their first message to their end:
#   NUMBER-1: the conviction comes before the booking, and the case ends flagged.
#   NUMBER-2: the booking comes first, some messages do not fit, and the case ends cleared.
#
# What the HTTP status means:
#   200  accepted. A signal is in the case's event history now, whether it fits or not. An update's
#        answer is in `outcome`; without one the case has not answered yet: send it again.
#   400  the request is wrong: not JSON, an unknown field, too long. `message` says what; fix it.
#   404  no case is open under this id: none ever was, or it has closed. With the message
#        "Not Found", the path itself is wrong.
#   409  a start or signal-with-start was refused: the case was started before.
#   429, 500, 503, 504: try again later with the same message; `curl --retry` does.

set -eu
agency=${1:?usage: send.sh AGENCY NUMBER} number=${2:?usage: send.sh AGENCY NUMBER}
cases=${TEMPORAL_HTTP:-http://127.0.0.1:7243}/api/v1/namespaces/${TEMPORAL_NAMESPACE:-default}/workflows
encrypted='the answers of this server are encrypted, and this example has no key: start the server with
CONVICTION_GATE_ENCRYPTION=off, or decrypt them as docs/senders.md says under "Encrypted payloads"'
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# --- the five calls: each leaves the HTTP status in $code and the body in $answer -----------------

# post PATH JSON. In a path, percent-encode every character of a case id except A-Z a-z 0-9 . _ ~ - :.
# An id with a "/" cannot be reached over HTTP at all.
post() {
    code=$(curl --silent --show-error --retry 5 --retry-connrefused --max-time 60 \
        --header 'Content-Type: application/json' --data-binary "$2" \
        --output "$body" --write-out '%{http_code}' "$cases/$1") || {
        echo "no answer from $cases; start it by \`conviction-gate up --http-port 7243\`, or set TEMPORAL_HTTP" >&2
        exit 1
    }
    answer=$(cat "$body")
    case $answer in
    *'"encoding":"YmluYXJ5L2VuY3J5cHRlZA=='*) # binary/encrypted, in base64
        echo "$encrypted" >&2
        exit 1
        ;;
    esac
}

# start_options STATUS TITLE: one case for each arrest, forever; the title and the search attributes say
# nothing about the person.
start_options() {
    printf '%s' '
        "workflowType": {"name": "BookingCase"},
        "taskQueue": {"name": "booking-cases"},
        "workflowIdReusePolicy": "WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE",
        "searchAttributes": {"indexedFields": {
            "CaseStatus": "'"$1"'", "Agency": "'"$agency"'", "NeedsAttention": false}},
        "userMetadata": {"summary": "'"$2"'"}'
}

# start CASE TITLE BOOKING
start() {
    post "$1" '{'"$(start_options checking_history "$2")"',
        "workflowIdConflictPolicy": "WORKFLOW_ID_CONFLICT_POLICY_FAIL",
        "input": ['"$3"']}'
}

# signal_with_start CASE TITLE NAME MESSAGE: for a court, whose message may come before the booking.
# No conflict policy here: an open case takes the signal, and the server refuses any other.
signal_with_start() {
    post "$1/signal-with-start/$3" '{'"$(start_options awaiting_booking "$2")"',
        "input": [null],
        "signalInput": ['"$4"']}'
}

# signal CASE NAME MESSAGE
signal() {
    post "$1/signal/$2" '{"input": ['"$3"']}'
}

# submit CASE MESSAGE: `meta` is required; the server makes an id for the update.
submit() {
    post "$1/update/submit" '{
        "request": {"meta": {}, "input": {"args": ['"$2"']}},
        "waitPolicy": {"lifecycleStage": "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED"}}'
}

# query CASE
query() {
    post "$1/query/case" '{}'
}

# --- what a jail does with them -------------------------------------------------------------------

# open_case CASE TITLE BOOKING: opens the case, or hands the booking to the one that is open already.
open_case() {
    start "$1" "$2" "$3"
    case $code in
    200) opened=opened ;;
    409)
        signal "$1" booking "$3"
        case $code in
        200) opened='handed over' ;;
        404) opened=closed ;;
        *) give_up ;;
        esac
        ;;
    *) give_up ;;
    esac
}

# --- for this demonstration: a sender of your own uses a JSON reader ------------------------------

# value NAME: the last text or number of that name in $answer
value() {
    printf '%s' "$answer" | sed -n 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p'
}

# until_is CASE NAME VALUE: ask until the answer has this value
until_is() {
    tries=0
    query "$1"
    while [ "$(value "$2")" != "$3" ]; do
        [ $((tries += 1)) -le 60 ] || give_up
        sleep 1
        query "$1"
    done
}

taken() {
    [ "$code" = 200 ] || give_up
}

give_up() {
    echo "the server answered $code: $answer" >&2
    exit 1
}

booking() { # TRACKING_NUMBER
    printf '%s' '{"message_id": "jms-'"$1"'", "sender": "county-jms", "agency": "'"$agency"'",
        "tracking_number": "'"$1"'", "booking_number": "B-1", "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fbi_number": "F-'"$1"'"}, "charges": [{"charge_id": "1", "scheme": "CA-VC",
        "code": "12500(a)", "severity": "misdemeanor"}]}'
}

court_first() { # TRACKING_NUMBER
    id=booking-case:$agency:$1
    signal_with_start "$id" "Case $agency $1, opened by a court's message" conviction '{"message_id": "court-1",
        "charge_id": "1", "decided_on": "2012-07-15", "severity": "misdemeanor"}'
    taken
    until_is "$id" messages_total 1
    echo "conviction before its booking: $(value status)"

    open_case "$id" "Case $agency $1, 1 charge" "$(booking "$1")"
    until_is "$id" status flagged
    echo "booking: $opened; $(value status), $(value rule)"

    open_case "$id" "Case $agency $1, 1 charge" "$(booking "$1")"
    echo "booking again: $opened"
}

booking_first() { # TRACKING_NUMBER
    id=booking-case:$agency:$1
    open_case "$id" "Case $agency $1, 1 charge" "$(booking "$1")"
    until_is "$id" status waiting_for_court
    echo "booking: $opened; $(value status), $(value rule)"
    open_case "$id" "Case $agency $1, 1 charge" "$(booking "$1")"
    echo "booking again: $opened"

    signal "$id" court_update '{"message_id": "court-2", "charge_id": "1", "occurred_on": "2012-06-20",
        "entry": "continuance"}'
    taken
    until_is "$id" messages_total 2
    echo "docket entry by signal: $(value messages_total) messages"

    # To the server a signal has succeeded, whatever it holds.
    signal "$id" conviction '{"message_id": "court-3", "charge_id": "1", "decided_on": "soon"}'
    taken
    until_is "$id" rejected_total 1
    echo "conviction by signal: rejected, $(value reason)"

    # A refused update is no HTTP error either: the reason is in outcome.failure.
    submit "$id" '{"type": "dismissal", "message_id": "court-4", "charge_id": "1",
        "decided_on": "15.07.2013", "disposition": "dismissed"}'
    taken
    echo "dismissal by update: refused, $(value message)"

    # The id of a refused message is not used up.
    submit "$id" '{"type": "dismissal", "message_id": "court-4", "charge_id": "1",
        "decided_on": "2013-07-15", "disposition": "dismissed"}'
    taken
    accepted=$(value accepted)
    until_is "$id" status cleared
    echo "dismissal by update: accepted $accepted; $(value status), $(value rule)"
}

court_first "$number-1"
booking_first "$number-2"
