/**
 * The messages that a jail and a court need; `docs/schemas/` has all of them.
 * A date is `YYYY-MM-DD`, a time is RFC 3339 with an offset. No field holds anything about a person.
 */

export interface Message {
  /** Unique within its `sender`: the same message sent again changes nothing. */
  message_id: string;
  sender?: string;
}

export type Severity = 'infraction' | 'misdemeanor' | 'felony';

export interface Offense {
  scheme: string;
  code: string;
}

export interface Charge extends Offense {
  charge_id: string;
  description?: string;
  severity?: Severity;
  resulted_in_injury?: boolean;
}

export interface Booking extends Message {
  agency: string;
  tracking_number: string;
  booking_number: string;
  booked_at: string;
  /** At least one of the three. */
  subject: { fingerprint_id?: string; fbi_number?: string; state_id?: string };
  charges: Charge[];
}

interface CourtMessage extends Message {
  court?: string;
  docket_number?: string;
}

/** Each message by the name of its signal. */
export interface Messages {
  booking: Booking;
  conviction: CourtMessage & {
    charge_id: string;
    decided_on: string;
    severity?: Severity;
    convicted_of?: Offense;
  };
  dismissal: CourtMessage & {
    /** Left out: every charge of the arrest. */
    charge_id?: string;
    decided_on: string;
    disposition:
      | 'dismissed'
      | 'dismissed_without_prejudice'
      | 'acquitted'
      | 'nolle_prosequi'
      | 'declined'
      | 'not_charged'
      | 'diversion_completed'
      | 'vacated';
  };
  court_update: CourtMessage & {
    charge_id?: string;
    occurred_on: string;
    /** `continuance`, `failure_to_appear`, …; any other word is kept as `other`. */
    entry: string;
    detail?: string;
  };
}

export type Status =
  | 'awaiting_booking'
  | 'checking_history'
  | 'waiting_for_court'
  | 'needs_review'
  | 'flagged'
  | 'cleared';

/** The answer of the query `case`, in part. */
export interface CaseView {
  case_id: string;
  status: Status;
  rule: string | null;
  messages: { message_id: string; sender: string; type: string; effect: string }[];
  messages_total: number;
  rejected: { name: string; reason: string; payload: string }[];
  rejected_total: number;
  needs_attention: boolean;
}

/** The answer of the update `submit`. */
export interface SubmitAnswer {
  accepted: boolean;
  duplicate: boolean;
  status: Status;
  effect: string;
}
