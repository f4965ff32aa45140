// A sender whose client is generated from docs/openapi.json: paths, bodies and answers are types, so what the
// door does not take is an error of the compiler. `npm run build` generates and compiles it.
//
//     DOOR=http://127.0.0.1:8080 KEY=… node dist/main.js AGENCY NUMBER
//
// sends a booking twice and a conviction, then waits until the case is flagged.

import createClient from 'openapi-fetch';
import type { components, paths } from './door.js';

const [agency, number] = process.argv.slice(2);
if (!agency || !number) throw new Error('usage: node dist/main.js AGENCY NUMBER');

const tryAgain = [408, 429, 503];
const pause = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds));

/** Sends again what was not answered or may be sent again: the same message again changes nothing. */
async function untilAnswered(request: Request): Promise<Response> {
  for (;;) {
    const answer = await fetch(request.clone()).catch(() => undefined);
    if (answer && !tryAgain.includes(answer.status)) return answer;
    await pause(Number(answer?.headers.get('Retry-After') ?? 1));
  }
}

const door = createClient<paths>({
  baseUrl: process.env.DOOR ?? 'http://127.0.0.1:8080',
  headers: { Authorization: `Bearer ${process.env.KEY ?? ''}` },
  fetch: untilAnswered,
});

/** The answer of a call; a problem (RFC 9457) is thrown. */
function answer<T>(called: { data?: T; error?: components['schemas']['Problem'] }): T {
  if (called.data === undefined) throw new Error(JSON.stringify(called.error));
  return called.data;
}

const booking: components['schemas']['BookingRequest'] = {
  message_id: `jms-${number}`,
  agency,
  tracking_number: number,
  booking_number: 'B-1',
  booked_at: '2012-05-04T02:15:00-07:00',
  subject: { fbi_number: `F-${number}` },
  charges: [{ charge_id: '1', scheme: 'CA-VC', code: '12500(a)', severity: 'misdemeanor' }],
};
const opened = await door.POST('/v1/bookings', { body: booking });
console.log('booking:', opened.response.status, answer(opened).status);
console.log('booking again: duplicate', answer(await door.POST('/v1/bookings', { body: booking })).duplicate);

const path = { agency, tracking_number: number };
const conviction: components['schemas']['ConvictionMessage'] = {
  type: 'conviction',
  message_id: `court-${number}`,
  charge_id: '1',
  decided_on: '2013-07-15',
  severity: 'misdemeanor',
};
const place = '/v1/cases/{agency}/{tracking_number}';
console.log('conviction:', answer(await door.POST(`${place}/messages`, { params: { path }, body: conviction })).effect);

for (let known = '""'; ; ) {
  const header = { 'If-None-Match': known };
  const found = await door.GET(place, { params: { path, query: { wait: 30 }, header } });
  known = found.response.headers.get('ETag') ?? known;
  if (found.response.status === 304) continue;
  const shown = answer(found);
  if (shown.status === 'flagged') {
    console.log(`case: ${shown.status}, ${shown.rule}`);
    break;
  }
}
