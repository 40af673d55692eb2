/** One error that Meta can give as the direct answer to a send. */
export interface MetaError {
  /** Last three digits of the magic recipient +1 555 0100 xxx that provokes it. */
  readonly suffix: number;
  readonly code: number;
  readonly subcode?: number;
  /** HTTP status that Meta answers with. */
  readonly status: number;
  readonly title: string;
  /** `error_data.details`; null for errors of the Graph API itself, which carry no `error_data`. */
  readonly details: string | null;
}

/**
 * Meta's codes for a send, as `error.code`. A suffix is never given to another code: tests of customers name it.
 * Codes that only a webhook reports (131049, 131050) are not here.
 */
export const META_ERRORS: readonly MetaError[] = [
  graph(100, 0, 401, 'AuthException: we were unable to authenticate the app user'),
  graph(101, 1, 500, 'An unknown error has occurred.'),
  graph(102, 2, 503, 'An unexpected error has occurred. Please retry your request later.'),
  graph(103, 3, 500, '(#3) Application does not have the capability to make this API call.'),
  graph(104, 4, 429, '(#4) Application request limit reached'),
  graph(105, 10, 403, '(#10) Application does not have permission for this action'),
  graph(106, 200, 403, '(#200) You do not have the necessary permissions to send messages'),
  graph(107, 299, 403, '(#299) Permission denied'),
  cloud(108, 33, 400, 'Parameter value is not valid', 'The business phone number was deleted'),
  cloud(109, 100, 400, 'Invalid parameter', 'One or more parameters are unsupported or misspelt'),
  {
    ...graph(110, 100, 400, 'Unsupported post request. Object does not exist or is not permitted'),
    subcode: 33,
  },
  { ...graph(111, 190, 401, 'Error validating access token: Session has expired'), subcode: 463 },
  cloud(112, 368, 403, 'Temporarily blocked for policies violations', 'The account is restricted'),
  cloud(113, 80007, 429, 'Rate limit issues', 'The WhatsApp Business Account hit its rate limit'),
  cloud(114, 130429, 429, 'Rate limit hit', 'Cloud API message throughput has been reached'),
  cloud(115, 130472, 400, "User's number is part of an experiment", 'Message was not sent'),
  cloud(116, 130497, 403, 'Business account is restricted from messaging users in this country'),
  cloud(117, 131000, 500, 'Something went wrong', 'Message failed to send due to an unknown error'),
  cloud(118, 131005, 403, 'Access denied', 'Permission is either not granted or has been removed'),
  cloud(119, 131008, 400, 'Required parameter is missing'),
  cloud(120, 131009, 400, 'Parameter value is not valid'),
  cloud(121, 131016, 500, 'Service unavailable', 'A service is temporarily unavailable'),
  cloud(122, 131021, 400, 'Recipient cannot be sender', 'Sender and recipient are the same number'),
  cloud(123, 131026, 400, 'Message undeliverable'),
  cloud(124, 131030, 400, 'Recipient phone number not in allowed list'),
  cloud(125, 131031, 403, 'Business Account locked', 'The account is restricted or disabled'),
  cloud(126, 131037, 400, 'Display name approval needed', 'The display name is not approved'),
  cloud(127, 131042, 400, 'Business eligibility payment issue', 'Check the payment method'),
  cloud(128, 131044, 400, 'Business eligibility calling payment issue'),
  cloud(129, 131045, 500, 'Incorrect certificate', 'Phone number registration error'),
  cloud(130, 131047, 400, 'Re-engagement message', 'More than 24 hours since the last reply'),
  cloud(131, 131048, 429, 'Spam rate limit hit', 'Too many messages of this number were blocked'),
  cloud(132, 131051, 400, 'Unsupported message type'),
  cloud(133, 131052, 400, 'Media download error'),
  cloud(134, 131053, 400, 'Media upload error'),
  cloud(135, 131055, 400, 'Only marketing template messages are supported'),
  cloud(136, 131056, 400, 'Business account, consumer account pair rate limit hit'),
  cloud(137, 131057, 500, 'Account in maintenance mode', 'A throughput upgrade may be running'),
  cloud(138, 131062, 400, 'Business-scoped user id is not supported for this message'),
  cloud(139, 131063, 400, 'Marketing messages are disabled on Cloud API'),
  cloud(140, 131064, 400, 'Messaging limited due to template misclassification'),
  cloud(141, 132000, 400, 'Number of parameters does not match the expected number of params'),
  cloud(142, 132001, 404, 'Template name does not exist in the translation'),
  cloud(143, 132005, 400, 'Translated text too long'),
  cloud(144, 132007, 400, 'Template format character policy violated'),
  cloud(145, 132008, 400, 'Template parameter value is not valid'),
  cloud(146, 132012, 400, 'Parameter format does not match format in the created template'),
  cloud(147, 132015, 400, 'Template is paused', 'The template is paused due to low quality'),
  cloud(148, 132016, 400, 'Template is disabled', 'The template was paused too many times'),
  cloud(149, 132018, 400, 'Template parameters failed validation'),
  cloud(150, 132068, 400, 'Flow is in blocked state'),
  cloud(151, 132069, 400, 'Flow is in throttled state', '10 messages of this flow were sent'),
  cloud(152, 133000, 500, 'Incomplete deregistration'),
  cloud(153, 133004, 503, 'Server temporarily unavailable'),
  cloud(154, 133005, 400, 'Two step verification PIN mismatch'),
  cloud(155, 133006, 400, 'Phone number re-verification needed'),
  cloud(156, 133008, 400, 'Too many two step verification PIN guesses'),
  cloud(157, 133009, 400, 'Two step verification PIN guessed too fast'),
  cloud(158, 133010, 400, 'Phone number not registered'),
  cloud(159, 133015, 400, 'Please wait a few minutes before attempting to register'),
  cloud(160, 133016, 400, 'Account register deregister rate limit exceeded'),
  cloud(161, 134011, 400, 'Payments terms of service have not been accepted'),
  cloud(162, 134100, 400, 'Only marketing messages are supported'),
  cloud(163, 134101, 400, 'Template is syncing', 'Retry in up to 10 minutes'),
  cloud(164, 134102, 400, 'Template is unavailable for marketing messages'),
  cloud(165, 135000, 400, 'Generic user error', 'Unknown error with the request parameters'),
  cloud(166, 137000, 400, 'Recipient identity key hash mismatch'),
  cloud(167, 139000, 400, 'Blocked by integrity'),
  cloud(168, 139001, 400, 'Flow action not permitted'),
  cloud(169, 139002, 400, 'Publishing of the flow failed'),
  cloud(170, 139003, 400, 'Flow cannot be deprecated'),
  cloud(171, 139004, 400, 'Flow cannot be deleted'),
  cloud(172, 139100, 400, 'Failed to block or unblock users'),
  cloud(173, 139101, 400, 'Block list limit reached'),
  cloud(174, 2494100, 400, 'Phone number is in maintenance', 'Retry in a few minutes'),
  cloud(190, 999998, 400, 'A code that no table knows', 'Unknown code with a 4xx status'),
  cloud(191, 999999, 500, 'A code that no table knows', 'Unknown code with a 5xx status'),
];

function graph(suffix: number, code: number, status: number, title: string): MetaError {
  return { suffix, code, status, title, details: null };
}

function cloud(
  suffix: number,
  code: number,
  status: number,
  title: string,
  details: string = title,
): MetaError {
  return { suffix, code, status, title: `(#${code}) ${title}`, details };
}

const BY_CODE = new Map(META_ERRORS.toReversed().map((error) => [error.code, error]));

/** The table's error of this code; 100 without a subcode. */
export function metaError(code: number): MetaError {
  const error = BY_CODE.get(code);
  if (!error) throw new Error(`No error ${code} in the table`);
  return error;
}

/** The JSON body of an error, in Meta's structure. */
export function metaErrorBody(error: MetaError, traceId: string): string {
  return JSON.stringify({
    error: {
      message: error.title,
      type: 'OAuthException',
      code: error.code,
      ...(error.subcode === undefined ? {} : { error_subcode: error.subcode }),
      ...(error.details === null
        ? {}
        : { error_data: { messaging_product: 'whatsapp', details: error.details } }),
      fbtrace_id: traceId,
    },
  });
}
