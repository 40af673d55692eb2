import type { ServerResponse } from 'node:http';
import type { BrokenAnswerKind } from './domain/faults';
import { answerJson } from './http';

const HUGE_BYTES = 10 * 1_048_576;
const DRIP_INTERVAL_MS = 200;
const HTML = '<!DOCTYPE html><html><body><h1>Sorry, something went wrong.</h1></body></html>';

type Breaker = (response: ServerResponse, answer: string) => void;

/** What each broken answer does to the connection, given the answer that would have been right. */
export const BREAK_ANSWER: Readonly<Record<BrokenAnswerKind, Breaker>> = {
  'timeout-before-accept': neverAnswer,
  'timeout-after-accept': neverAnswer,
  'reset-before-accept': reset,
  'reset-after-accept': reset,
  'truncated-json': truncate,
  'invalid-json': (response, answer) => {
    answerJson(response, 200, answer.slice(0, -2) + ';');
  },
  'html-502': (response) => {
    answerHtml(response, 502);
  },
  'html-404': (response) => {
    answerHtml(response, 404);
  },
  'empty-200': (response) => {
    answerJson(response, 200, '');
  },
  'no-id-200': (response) => {
    answerJson(response, 200, '{"messaging_product":"whatsapp","contacts":[],"messages":[{}]}');
  },
  'huge-200': (response, answer) => {
    answerJson(response, 200, `${answer.slice(0, -1)},"padding":"${'x'.repeat(HUGE_BYTES)}"}`);
  },
  'endless-200': drip,
};

function neverAnswer(): void {
  // The connection stays open until the client or the end of the simulator closes it.
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function truncate(response: ServerResponse, answer: string): void {
  response.writeHead(200, {
    'Content-Type': 'application/json; charset=UTF-8',
    'Content-Length': answer.length,
  });
  response.write(answer.slice(0, answer.length / 2), () => {
    response.socket?.end();
  });
}

function answerHtml(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(HTML);
}

/** White space before the JSON, so that no parser can give up early. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json; charset=UTF-8' });
  const timer = setInterval(() => response.write(' '), DRIP_INTERVAL_MS);
  response.on('close', () => {
    clearInterval(timer);
  });
}
