/** The inside of kafkajs, which has no types: whoever imports a part of it says what it is. */
declare module 'kafkajs/src/*' {
  const internal: unknown;
  export default internal;
}
