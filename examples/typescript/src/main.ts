/**
 * Drives two cases from their first message to their end:
 *
 *     node dist/main.js AGENCY NUMBER
 *
 * NUMBER-1: the conviction comes before the booking, and the case ends flagged.
 * NUMBER-2: the booking comes first, some messages do not fit, and the case ends cleared.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { type CaseId, CaseSender, DoesNotFit, withoutKey } from './client.js';
import type { Booking, CaseView, Messages } from './messages.js';

function bookingOf(caseId: CaseId): Booking {
  return {
    message_id: `jms-${caseId.tracking_number}`,
    sender: 'county-jms',
    ...caseId,
    booking_number: 'B-1',
    booked_at: '2012-05-04T02:15:00-07:00',
    subject: { fbi_number: `F-${caseId.tracking_number}` },
    charges: [{ charge_id: '1', scheme: 'CA-VC', code: '12500(a)', severity: 'misdemeanor' }],
  };
}

/** The case as soon as the condition holds. A sender need not wait for that; a demonstration does. */
async function until(
  sender: CaseSender,
  caseId: CaseId,
  isSo: (view: CaseView) => boolean,
): Promise<CaseView> {
  for (let tries = 0; tries < 300; tries += 1) {
    const view = await sender.readCase(caseId);
    if (isSo(view)) return view;
    await sleep(100);
  }
  throw new Error(`case ${caseId.tracking_number} does not continue; is a worker running?`);
}

async function courtFirst(sender: CaseSender, caseId: CaseId): Promise<void> {
  await sender.sendCourtMessage(caseId, 'conviction', {
    message_id: 'court-1',
    charge_id: '1',
    decided_on: '2012-07-15',
    severity: 'misdemeanor',
  });
  let view = await until(sender, caseId, (seen) => seen.messages_total === 1);
  console.log(`conviction before its booking: ${view.status}`);

  const opened = await sender.openCase(bookingOf(caseId));
  view = await until(sender, caseId, (seen) => seen.status === 'flagged');
  console.log(`booking: ${opened}; ${view.status}, ${view.rule}`);

  console.log(`booking again: ${await sender.openCase(bookingOf(caseId))}`);
}

async function bookingFirst(sender: CaseSender, caseId: CaseId): Promise<void> {
  const opened = await sender.openCase(bookingOf(caseId));
  let view = await until(sender, caseId, (seen) => seen.status === 'waiting_for_court');
  console.log(`booking: ${opened}; ${view.status}, ${view.rule}`);
  console.log(`booking again: ${await sender.openCase(bookingOf(caseId))}`);

  await sender.signal(caseId, 'court_update', {
    message_id: 'court-2',
    charge_id: '1',
    occurred_on: '2012-06-20',
    entry: 'continuance',
  });
  view = await until(sender, caseId, (seen) => seen.messages_total === 2);
  console.log(`docket entry by signal: ${view.messages_total} messages`);

  // To the server a signal has succeeded, whatever it holds.
  await sender.signal(caseId, 'conviction', { message_id: 'court-3', charge_id: '1', decided_on: 'soon' });
  view = await until(sender, caseId, (seen) => seen.rejected_total === 1);
  console.log(`conviction by signal: rejected, ${view.rejected.at(-1)?.reason}`);

  const dismissal: Messages['dismissal'] = {
    message_id: 'court-4',
    charge_id: '1',
    decided_on: '15.07.2013',
    disposition: 'dismissed',
  };
  try {
    await sender.submit(caseId, 'dismissal', dismissal);
  } catch (error) {
    if (!(error instanceof DoesNotFit)) throw error;
    console.log(`dismissal by update: refused, ${error.message}`);
  }
  // The id of a refused message is not used up.
  const answer = await sender.submit(caseId, 'dismissal', { ...dismissal, decided_on: '2013-07-15' });
  view = await until(sender, caseId, (seen) => seen.status !== 'waiting_for_court');
  console.log(`dismissal by update: accepted ${answer.accepted}; ${view.status}, ${view.rule}`);
}

async function main(agency?: string, number?: string): Promise<void> {
  if (!agency || !number) throw new Error('usage: node dist/main.js AGENCY NUMBER');
  const address = process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233';
  const connection = await Connection.connect({ address }).catch(() => {
    throw new Error(`no server answers at ${address}; set TEMPORAL_ADDRESS`);
  });
  try {
    const namespace = process.env.TEMPORAL_NAMESPACE ?? 'default';
    const sender = new CaseSender(new Client({ connection, namespace, dataConverter: withoutKey }));
    await courtFirst(sender, { agency, tracking_number: `${number}-1` });
    await bookingFirst(sender, { agency, tracking_number: `${number}-2` });
  } finally {
    await connection.close();
  }
}

main(...process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
