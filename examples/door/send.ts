// A sender of Conviction Gate in TypeScript, with fetch alone. Node 22.18 or later runs it as it is:
//
//     DOOR=http://127.0.0.1:8080 KEY=… node send.ts AGENCY NUMBER
//
// sends a booking twice and a conviction, then waits until the case is flagged.

const door = process.env.DOOR ?? 'http://127.0.0.1:8080';
const key = process.env.KEY ?? '';
const tryAgain = [408, 429, 503];

const pause = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds));

/** Sends until there is an answer that counts: the same message again changes nothing. */
async function send(path: string, message: object): Promise<Response> {
  for (;;) {
    const answer = await fetch(door + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(message),
    }).catch(() => undefined);
    if (answer && !tryAgain.includes(answer.status)) {
      if (!answer.ok) throw new Error(await answer.text());
      return answer;
    }
    await pause(Number(answer?.headers.get('Retry-After') ?? 1));
  }
}

const [agency, number] = process.argv.slice(2);
const booking = {
  message_id: `jms-${number}`,
  agency,
  tracking_number: number,
  booking_number: 'B-1',
  booked_at: '2012-05-04T02:15:00-07:00',
  subject: { fbi_number: `F-${number}` },
  charges: [{ charge_id: '1', scheme: 'CA-VC', code: '12500(a)', severity: 'misdemeanor' }],
};
const opened = await send('/v1/bookings', booking);
const place = opened.headers.get('Location');
console.log('booking:', opened.status, place);
console.log('booking again: duplicate', (await (await send('/v1/bookings', booking)).json()).duplicate);
const conviction = { type: 'conviction', message_id: `court-${number}`, charge_id: '1', decided_on: '2013-07-15' };
const answer = await send(`${place}/messages`, { ...conviction, severity: 'misdemeanor' });
console.log('conviction:', (await answer.json()).effect);

for (let tag = '""'; ; ) {
  const found = await fetch(`${door}${place}?wait=30`, {
    headers: { Authorization: `Bearer ${key}`, 'If-None-Match': tag },
  });
  tag = found.headers.get('ETag') ?? tag;
  if (found.status !== 200) continue;
  const shown = await found.json();
  if (shown.status === 'flagged') {
    console.log(`case: ${shown.status}, ${shown.rule}`);
    break;
  }
}
export {};
