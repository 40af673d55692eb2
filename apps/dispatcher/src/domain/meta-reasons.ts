/** Meta's codes of messages that failed, in plain words, each with what to do about it. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [
    368,
    'Meta has restricted the account for breaking its policy. Look at the Account Quality page of Meta.',
  ],
  [
    130429,
    'The number sends more than Meta lets it. Send more slowly, or ask for a higher throughput.',
  ],
  [
    130472,
    'The recipient takes part in an experiment of Meta and gets no marketing messages. Do not send again.',
  ],
  [
    130497,
    'The account may not send to this country. Look at the restrictions of the account at Meta.',
  ],
  [131000, 'Meta had a failure of its own. Send again later.'],
  [131021, 'The recipient is the sending number itself. Send to another number.'],
  [
    131026,
    'The recipient cannot be reached: not on WhatsApp, an old version, or the terms not accepted. Reach him otherwise.',
  ],
  [
    131030,
    'The recipient is not on the list of a test number. Add him at Meta, or send from a real number.',
  ],
  [131031, 'Meta has locked the account. Look at the Business Support Home of Meta.'],
  [
    131037,
    'The display name of the number is not approved. Have it approved in the WhatsApp Manager.',
  ],
  [
    131042,
    'The payment method of the account at Meta does not work. Correct it at Meta, then send again.',
  ],
  [131047, 'The recipient has not written within 24 hours. Send an approved template instead.'],
  [
    131048,
    'Too many recipients blocked or reported the number. Improve what is sent, and wait some hours.',
  ],
  [
    131049,
    'Meta limits how many marketing messages this recipient gets. Wait 24 hours at least before the next one.',
  ],
  [131050, 'The recipient has stopped marketing messages of this business. Send him none.'],
  [131051, 'The recipient cannot show this type of message. Send another type.'],
  [131052, 'Meta could not fetch the file. Check that its link answers and how large it is.'],
  [131053, 'Meta could not take the file. Check its type and how large it is.'],
  [131056, 'Too many messages to this one recipient in a short time. Wait, then send again.'],
  [131057, 'The number is under maintenance at Meta. Send again in some minutes.'],
  [132000, 'The template has another number of parameters. Send as many as it has.'],
  [
    132001,
    'The template does not exist in this language, or is not approved. Check name, language and status.',
  ],
  [132005, 'A parameter makes the text of the template too long. Shorten it.'],
  [132007, 'The content of the template breaks the policy of WhatsApp. Change the template.'],
  [132012, 'A parameter has another format than the template says. Correct the parameter.'],
  [
    132015,
    'The template is paused for its low quality. Improve it, or wait until Meta lets it go on.',
  ],
  [132016, 'The template was paused too often and is disabled. Make a new one.'],
  [133010, 'The number is not registered at the Cloud API. Register it.'],
]);

/** Why a message failed and what to do about it; Meta's own words where the code is not known here. */
export function reasonOf(error: {
  readonly code: number | null;
  readonly title: string | null;
  readonly details: string | null;
}): string {
  const known = error.code === null ? undefined : REASONS.get(error.code);
  if (known !== undefined) return known;
  const words = error.details ?? error.title ?? 'Meta named no reason';
  return `${words}. Look the code up in Meta's list of error codes before sending again.`;
}
