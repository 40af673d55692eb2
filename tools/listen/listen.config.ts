import { variable } from '@gateway/platform';

/** What the local receiver reads. */
export const LISTEN_VARIABLES = {
  dataDir: variable.text('DATA_DIR', {
    doc: 'folder of the embedded installation',
    default: 'data',
  }),
  port: variable.port('LISTEN_PORT', {
    doc: 'port of the local receiver; 0 takes a free one',
    default: 0,
  }),
};
