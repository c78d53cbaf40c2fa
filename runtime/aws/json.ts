/**
 * The value in a JSON text; undefined when it is no JSON. The parser's own
 * error is not passed on: it quotes the text, which may be a secret.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
