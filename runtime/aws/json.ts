/**
 * The value of a JSON text, or undefined if the text is not JSON. The parser's
 * own error is not passed on, because it quotes the text, which may be a secret.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
