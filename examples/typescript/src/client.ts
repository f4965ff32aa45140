/** A sender of Conviction Gate: opens cases, sends them messages and reads them. */

import {
  ApplicationFailure,
  type Client,
  type DataConverter,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Booking, CaseView, Messages, Status, SubmitAnswer } from './messages.js';

const BOOKING_CASE = 'BookingCase';
const ENCRYPTED = `\
the answers of this server are encrypted, and this example has no key: start the server with
CONVICTION_GATE_ENCRYPTION=off, or decrypt them as docs/senders.md says under "Encrypted payloads"`;

/** An arrest: the booking agency's ORI and the arrest's tracking number. */
export interface CaseId {
  agency: string;
  tracking_number: string;
}

/** The case refused a message; the text names the field and the reason. Fix it, then send it again. */
export class DoesNotFit extends Error {}

/** For a client without the operator's key, where another one has its codec: names what is missing. */
export const withoutKey: DataConverter = {
  payloadCodecs: [
    {
      encode: async (payloads) => payloads,
      decode: async (payloads) => {
        for (const { metadata } of payloads) {
          if (metadata?.encoding && Buffer.from(metadata.encoding).toString() === 'binary/encrypted') {
            throw new Error(ENCRYPTED);
          }
        }
        return payloads;
      },
    },
  ],
};

/**
 * Every call may be repeated with the same message. The connection retries failed calls for a while
 * (UNAVAILABLE, RESOURCE_EXHAUSTED, …); what is thrown after that is safe to send later.
 */
export class CaseSender {
  constructor(private readonly client: Client) {}

  /**
   * Opens the booking's case, or hands the booking to the case that is open already.
   * `closed`: the case has ended; only a court's message can change its outcome, not a booking.
   */
  async openCase(booking: Booking): Promise<'opened' | 'handed over' | 'closed'> {
    const charges = `${booking.charges.length} ${booking.charges.length === 1 ? 'charge' : 'charges'}`;
    try {
      await this.client.workflow.start(BOOKING_CASE, {
        ...startOptions(booking, 'checking_history', charges),
        args: [booking],
        workflowIdConflictPolicy: 'FAIL',
      });
      return 'opened';
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    return (await this.signal(booking, 'booking', booking)) ? 'handed over' : 'closed';
  }

  /**
   * Sends a court's message to its case, and opens the case if the booking has not come yet.
   * False: the case has closed and did not accept it.
   */
  async sendCourtMessage<Name extends Exclude<keyof Messages, 'booking'>>(
    caseId: CaseId,
    name: Name,
    message: Messages[Name],
  ): Promise<boolean> {
    try {
      // No conflict policy here: an open case takes the signal, and the server refuses any other.
      await this.client.workflow.signalWithStart(BOOKING_CASE, {
        ...startOptions(caseId, 'awaiting_booking', "opened by a court's message"),
        args: [null],
        signal: name,
        signalArgs: [message],
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  /**
   * Sends a message to an open case. False: no case is open under this id.
   * The server accepts every signal; the case keeps what does not fit under `rejected`.
   */
  async signal<Name extends keyof Messages>(
    caseId: CaseId,
    name: Name,
    message: Messages[Name],
  ): Promise<boolean> {
    try {
      await this.handle(caseId).signal(name, message);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** Sends a message to an open case and waits for its answer. Throws `DoesNotFit`. */
  async submit<Name extends keyof Messages>(
    caseId: CaseId,
    name: Name,
    message: Messages[Name],
  ): Promise<SubmitAnswer> {
    try {
      return await this.handle(caseId).executeUpdate<SubmitAnswer, [object]>('submit', {
        args: [{ type: name, ...message }],
      });
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (cause instanceof ApplicationFailure && cause.type === 'DoesNotFit') {
        throw new DoesNotFit(cause.message);
      }
      throw error;
    }
  }

  /** The case as it stands, or as it ended, for as long as the server remembers it. */
  async readCase(caseId: CaseId): Promise<CaseView> {
    return this.handle(caseId).query<CaseView>('case');
  }

  private handle(caseId: CaseId) {
    return this.client.workflow.getHandle(workflowId(caseId));
  }
}

function workflowId({ agency, tracking_number }: CaseId): string {
  return `booking-case:${agency}:${tracking_number}`;
}

/** One case for each arrest, forever; its title and search attributes say nothing about the person. */
function startOptions(caseId: CaseId, status: Status, what: string) {
  return {
    workflowId: workflowId(caseId),
    taskQueue: 'booking-cases',
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    staticSummary: `Case ${caseId.agency} ${caseId.tracking_number}, ${what}`,
    typedSearchAttributes: [
      { key: { name: 'CaseStatus', type: 'KEYWORD' as const }, value: status },
      { key: { name: 'Agency', type: 'KEYWORD' as const }, value: caseId.agency },
      { key: { name: 'NeedsAttention', type: 'BOOL' as const }, value: false },
    ],
  };
}
