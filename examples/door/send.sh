#!/bin/sh
# A sender of Conviction Gate with curl.
#
#     DOOR=http://127.0.0.1:8080 KEY=… sh send.sh AGENCY NUMBER
#
# sends a booking twice and a conviction, then waits until the case is flagged.
set -eu
agency=${1:?usage: send.sh AGENCY NUMBER} number=${2:?usage: send.sh AGENCY NUMBER}
door=${DOOR:-http://127.0.0.1:8080}
: "${KEY:?set it to your API key}"

# call METHOD PATH [JSON]: curl tries again after 408, 429, 503 and where nobody answers.
call() {
    curl --silent --show-error --retry 5 --retry-connrefused --max-time 60 --request "$1" \
        --header "Authorization: Bearer $KEY" --header 'Content-Type: application/json' \
        ${3+--data-binary "$3"} --write-out '\n%{http_code}\n' "$door$2"
}

booking='{"message_id": "jms-'$number'", "agency": "'$agency'", "tracking_number": "'$number'",
  "booking_number": "B-1", "booked_at": "2012-05-04T02:15:00-07:00", "subject": {"fbi_number": "F-'$number'"},
  "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "severity": "misdemeanor"}]}'
conviction='{"type": "conviction", "message_id": "court-'$number'", "charge_id": "1",
  "decided_on": "2013-07-15", "severity": "misdemeanor"}'

call POST /v1/bookings "$booking"    # 201
call POST /v1/bookings "$booking"    # 200, a duplicate
call POST "/v1/cases/$agency/$number/messages" "$conviction"    # 200
until call GET "/v1/cases/$agency/$number?wait=10" | grep '"status": "flagged"'; do :; done
