/**
 * The same program in ASCII, whose bytes V8 takes as they are; other characters stand in texts, patterns and comments
 * alone. One that was escaped by itself stands for itself, so its backslash goes.
 */
export const asciiOf = (program: string): string =>
  program.replace(/(\\*)([^\0-\x7f])/g, (_match, backslashes: string, character: string) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return `${backslashes.slice(backslashes.length % 2)}\\u${code}`;
  });
