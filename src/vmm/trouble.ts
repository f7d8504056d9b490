/**
 * Why a monitor gave no answer at all. `busy`: no answer in time; `denied`: no privilege; `absent`: nobody listens;
 * `closed`: the connection ended; `garbage`: it speaks something else; `identity`: another guest answers.
 */
export type Trouble = 'busy' | 'denied' | 'absent' | 'closed' | 'garbage' | 'identity';

export class MonitorError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}
